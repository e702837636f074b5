use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use rempart_core::{Faults, PolicyName};

use super::enforced::Enforced;
use super::hosts::Hosts;
use super::{Enforce, Hatch, Policy, Rules, scheme};
use crate::OriginError;
use crate::error::{ConfigError, ConfigErrors, Field, MaxAgeError};
use crate::list::List;
use crate::methods::Methods;
use crate::names::{self, RequestHeaders, promoted};
use crate::origin::{Entry, Origin, OriginSet, PatternSet};
use crate::preflight;

/// The most origins of a list: 65,536, some 10 MiB.
const MAX_ORIGINS: usize = 1 << 16;
/// The most hosts of the service's own.
const MAX_HOSTS: usize = 1024;
/// What Firefox caps an answer's life at; Chromium's cap is 7,200 s and Safari's 600 s.
const MAX_AGE: Duration = Duration::from_secs(86_400);

/// All that a policy is asked to be, unchecked.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) origins: List,
    pub(super) custom_schemes: List,
    pub(super) own_origins: List,
    pub(super) own_hosts: List,
    pub(super) methods: List,
    pub(super) request_headers: List,
    pub(super) expose_headers: List,
    pub(super) max_age: Option<Duration>,
    pub(super) timing: bool,
    pub(super) enforce: Option<Enforce>,
    pub(super) hatches: Vec<Hatch>,
}

impl Draft {
    pub(super) const fn new(name: String) -> Self {
        Self {
            name,
            origins: List::new(),
            custom_schemes: List::new(),
            own_origins: List::new(),
            own_hosts: List::new(),
            methods: List::new(),
            request_headers: List::new(),
            expose_headers: List::new(),
            max_age: None,
            timing: false,
            enforce: None,
            hatches: Vec::new(),
        }
    }

    pub(super) fn check(self, credentials: bool) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        let name = faults.take(
            PolicyName::new(&self.name)
                .map_err(|reason| ConfigError::Name { value: self.name.clone(), reason }),
        );
        let mut checked = Checked::new(&self.hatches);
        // Origins are read by the schemes, and told of before them.
        let mut later = Faults::new();
        let schemes = scheme::check(&self.custom_schemes, &mut later);
        self.check_origins(credentials, &schemes, &mut checked, &mut faults);
        faults.take_all(later.finish(), |fault| fault);
        self.check_own(&mut checked, &mut faults);
        let methods = Methods::check(&self.methods, &mut faults);
        let request_headers = RequestHeaders::check(&self.request_headers, &mut faults);
        let exposed = names::exposed(&self.expose_headers, &mut faults);
        let max_age = self.max_age.and_then(|value| faults.take(check_max_age(value)));
        self.check_enforce(&mut faults);
        let preflight = preflight::allowed(credentials, &methods, &request_headers, max_age);
        let Checked { origins, patterns, hosts } = checked;
        match (faults.finish(), name) {
            (Ok(()), Some(name)) => Ok(Policy(Arc::new(Rules {
                name,
                credentials,
                any_origin: self.origins.any,
                origins,
                patterns,
                methods,
                request_headers,
                exposed,
                preflight,
                timing: self.timing,
                enforced: self.enforce.map(|scope| Enforced::new(scope, hosts)),
                max_age: self.max_age,
                custom_schemes: sorted(self.custom_schemes.texts),
                own_hosts: sorted(self.own_hosts.texts),
                hatches: sorted(self.hatches),
            }))),
            (Err(faults), _) => Err(faults),
            // Not reached: a name that is missing left a fault.
            (Ok(()), None) => Err(ConfigError::NoOrigins.into()),
        }
    }

    fn check_origins(
        &self,
        credentials: bool,
        schemes: &[&str],
        checked: &mut Checked,
        faults: &mut Faults<ConfigError>,
    ) {
        if self.origins.texts.is_empty() && !self.origins.any {
            faults.push(ConfigError::NoOrigins);
        }
        if self.origins.any {
            let redundant = |(index, value): (usize, &String)| {
                faults.push(ConfigError::RedundantOrigin { index, value: value.clone() });
            };
            return self.origins.entries().take(MAX_ORIGINS).for_each(redundant);
        }
        let parse = |text: &str| Entry::parse(text, schemes);
        let entries = parse_all(Field::Origins, &self.origins, faults, parse);
        // All patterns first, to tell what else is said twice.
        for (index, entry) in &entries {
            if let Entry::Pattern(pattern) = entry
                && !checked.patterns.insert(pattern)
            {
                faults.push(duplicate(Field::Origins, *index, pattern.as_str()));
            }
        }
        for (index, entry) in &entries {
            let (index, value) = (*index, || entry.as_str().to_owned());
            if checked.patterns.covers(entry) {
                faults.push(ConfigError::CoveredOrigin { index, value: value() });
            }
            if credentials && !self.may(Hatch::InsecureOrigins) && !entry.base().is_secure() {
                faults.push(ConfigError::InsecureOrigin { index, value: value() });
            }
            if !self.may(Hatch::PublicSuffixes) {
                faults.take(check_suffix(entry, index));
            }
            match entry {
                Entry::Pattern(pattern) => {
                    let is_fine = !pattern.has_any_port() || entry.base().is_local();
                    if !is_fine && !self.may(Hatch::AnyPort) {
                        faults.push(ConfigError::AnyPort { index, value: value() });
                    }
                }
                Entry::Exact(_) | Entry::Custom { .. } => {
                    if !checked.origins.insert(entry.as_str(), true, false) {
                        faults.push(duplicate(Field::Origins, index, entry.as_str()));
                    }
                }
            }
        }
    }

    fn check_own(&self, checked: &mut Checked, faults: &mut Faults<ConfigError>) {
        let own = parse_all(Field::OwnOrigins, &self.own_origins, faults, str::parse::<Origin>);
        for (index, origin) in own {
            checked.hosts.insert_origin(&origin);
            if !checked.origins.insert(origin.as_str(), false, true) {
                faults.push(duplicate(Field::OwnOrigins, index, origin.as_str()));
            }
        }
        let (hosts, field) = (&self.own_hosts, Field::OwnHosts);
        check_count(field, hosts, MAX_HOSTS, faults);
        for (index, value) in hosts.entries().take(MAX_HOSTS) {
            let fault = |reason| ConfigError::Origin { field, index, value: value.clone(), reason };
            let Some(origin) = faults.take(Origin::https(value).map_err(fault)) else { continue };
            if hosts.texts.get(..index).unwrap_or_default().contains(value) {
                faults.push(duplicate(field, index, value));
            }
            checked.hosts.insert_host(&origin);
        }
        if self.enforce.is_none() && !hosts.texts.is_empty() {
            faults.push(ConfigError::IdleOwnHosts);
        }
    }

    fn check_enforce(&self, faults: &mut Faults<ConfigError>) {
        if self.enforce.is_none() {
            return;
        }
        if self.origins.any {
            faults.push(ConfigError::EnforceAnyOrigin);
        }
        if self.own_origins.texts.is_empty() && self.own_hosts.texts.is_empty() {
            faults.push(ConfigError::NoOwnHosts);
        }
    }

    fn may(&self, hatch: Hatch) -> bool {
        self.hatches.contains(&hatch)
    }
}

/// What comes of the checks, as they go on.
struct Checked {
    origins: OriginSet,
    patterns: PatternSet,
    hosts: Hosts,
}

impl Checked {
    fn new(hatches: &[Hatch]) -> Self {
        let patterns = PatternSet::new(hatches.contains(&Hatch::PublicSuffixes));
        Self { origins: OriginSet::default(), patterns, hosts: Hosts::default() }
    }
}

/// The values of a list with their places; a text that is none becomes a fault.
fn parse_all<T>(
    field: Field,
    list: &List,
    faults: &mut Faults<ConfigError>,
    parse: impl Fn(&str) -> Result<T, OriginError>,
) -> Vec<(usize, T)> {
    check_count(field, list, MAX_ORIGINS, faults);
    let checked = |(index, value): (usize, &String)| {
        let fault = |reason| ConfigError::Origin { field, index, value: value.clone(), reason };
        Some((index, faults.take(parse(value).map_err(fault))?))
    };
    list.entries().take(MAX_ORIGINS).filter_map(checked).collect()
}

fn check_count(field: Field, list: &List, max: usize, faults: &mut Faults<ConfigError>) {
    let count = list.texts.len();
    if count > max {
        faults.push(ConfigError::TooMany { field, count, max });
    }
}

fn duplicate(field: Field, index: usize, value: &str) -> ConfigError {
    ConfigError::DuplicateOrigin { field, index, value: value.to_owned() }
}

/// Refuses a host that no one site owns, or whose subdomains none owns together.
fn check_suffix(entry: &Entry, index: usize) -> Result<(), ConfigError> {
    let (base, value) = (entry.base(), entry.as_str().to_owned());
    let is_wide = entry.has_subdomains() && !base.is_local();
    // The list knows stars too: of `*.kobe.jp` every name is a suffix, and `kobe.jp` is none.
    let is_suffix =
        is_public_suffix(base.host()) || is_wide && is_public_suffix(&format!("*.{}", base.host()));
    if is_suffix || is_wide && !base.host().contains('.') {
        return Err(ConfigError::PublicSuffix { index, value });
    }
    if is_wide && cfg!(not(feature = "psl")) {
        return Err(ConfigError::UncheckedSuffix { index, value });
    }
    Ok(())
}

#[cfg(feature = "psl")]
fn is_public_suffix(host: &str) -> bool {
    crate::origin::public_suffix(host) == Some(host)
}

#[cfg(not(feature = "psl"))]
const fn is_public_suffix(_: &str) -> bool {
    false
}

fn check_max_age(value: Duration) -> Result<HeaderValue, ConfigError> {
    let fault = |reason| ConfigError::MaxAge { value, reason };
    if value > MAX_AGE {
        return Err(fault(MaxAgeError::TooLong));
    }
    if value.subsec_nanos() != 0 {
        return Err(fault(MaxAgeError::Fraction));
    }
    promoted(&value.as_secs().to_string()).ok_or_else(|| fault(MaxAgeError::Fraction))
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Box<[T]> {
    values.sort_unstable();
    values.dedup();
    values.into()
}
