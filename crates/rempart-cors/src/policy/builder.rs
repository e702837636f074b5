use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use rempart_core::{Faults, PolicyName};

use super::{Policy, Rules};
use crate::error::{ConfigError, ConfigErrors, Field, MaxAgeError};
use crate::list::List;
use crate::methods::Methods;
use crate::names::{self, RequestHeaders, promoted};
use crate::origin::{Origin, OriginSet};
use crate::preflight;

/// The most origins of a list: 65,536, some 10 MiB.
const MAX_ORIGINS: usize = 1 << 16;
/// What Firefox caps an answer's life at; Chromium's cap is 7,200 s and Safari's 600 s.
const MAX_AGE: Duration = Duration::from_secs(86_400);

/// The kind of policy that has no credentials: a type's argument, never a value.
#[derive(Clone, Copy, Debug)]
pub enum Anonymous {}

/// The kind of policy that has credentials: a type's argument, never a value.
#[derive(Clone, Copy, Debug)]
pub enum Credentialed {}

/// Builds a [`Policy`]; see [`Policy::anonymous`] and [`Policy::credentialed`].
///
/// Each list can be given in parts. Nothing is allowed that was not named.
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder<Kind> {
    name: String,
    origins: List,
    own_origins: List,
    methods: List,
    request_headers: List,
    expose_headers: List,
    max_age: Option<Duration>,
    timing: bool,
    insecure: bool,
    #[cfg(feature = "psl")]
    public_suffixes: bool,
    kind: PhantomData<fn() -> Kind>,
}

impl<Kind> PolicyBuilder<Kind> {
    pub(super) const fn new(name: String) -> Self {
        Self {
            name,
            origins: List::new(),
            own_origins: List::new(),
            methods: List::new(),
            request_headers: List::new(),
            expose_headers: List::new(),
            max_age: None,
            timing: false,
            insecure: false,
            #[cfg(feature = "psl")]
            public_suffixes: false,
            kind: PhantomData,
        }
    }

    /// Allows these origins, each in the one form that browsers send (see [`Origin`]).
    pub fn origins<T: AsRef<str>>(mut self, origins: impl IntoIterator<Item = T>) -> Self {
        self.origins.extend(origins);
        self
    }

    /// Names the service's own origins, at which its own pages are served.
    ///
    /// A browser sends `Origin` with a same-origin `POST` too. Such a request is no cross-origin
    /// one: it needs no CORS headers and is no matter for an observer. An origin of the service
    /// that other hosts of it must allow can stand in both lists.
    pub fn own_origins<T: AsRef<str>>(mut self, origins: impl IntoIterator<Item = T>) -> Self {
        self.own_origins.extend(origins);
        self
    }

    /// Allows these methods, beside `GET`, `HEAD` and `POST`, which every page may send without
    /// asking.
    pub fn methods<T: AsRef<str>>(mut self, methods: impl IntoIterator<Item = T>) -> Self {
        self.methods.extend(methods);
        self
    }

    /// Allows these request headers, in any ASCII case.
    ///
    /// `content-type` belongs here if pages send JSON: only the types of HTML forms are free.
    pub fn request_headers<T: AsRef<str>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.request_headers.extend(names);
        self
    }

    /// Lets pages read these response headers, beside the seven that they always may.
    pub fn expose_headers<T: AsRef<str>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.expose_headers.extend(names);
        self
    }

    /// Lets browsers keep a preflight's answer so long; without it, five seconds.
    ///
    /// For as long, a browser that has asked goes on sending the requests of an origin that was
    /// taken off the list; it shares no response with it.
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Lets pages of allowed origins read the timing of their requests (`Timing-Allow-Origin`).
    pub const fn share_timing(mut self) -> Self {
        self.timing = true;
        self
    }

    /// Allows hosts that are public suffixes, such as `vercel.app`.
    ///
    /// # Security
    ///
    /// Nobody in particular speaks for such a host.
    #[cfg(feature = "psl")]
    #[cfg_attr(docsrs, doc(cfg(feature = "psl")))]
    pub const fn dangerously_allow_public_suffixes(mut self) -> Self {
        self.public_suffixes = true;
        self
    }

    fn check(self, credentials: bool) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        let name = faults.take(
            PolicyName::new(&self.name)
                .map_err(|reason| ConfigError::Name { value: self.name.clone(), reason }),
        );
        let origins = self.check_origins(credentials, &mut faults);
        let methods = Methods::check(&self.methods, &mut faults);
        let request_headers = RequestHeaders::check(&self.request_headers, &mut faults);
        let exposed = names::exposed(&self.expose_headers, &mut faults);
        let max_age = self.max_age.and_then(|value| faults.take(check_max_age(value)));
        let (any_origin, timing) = (self.origins.any, self.timing);
        let preflight = preflight::allowed(credentials, &methods, &request_headers, max_age);
        match (faults.finish(), name) {
            (Ok(()), Some(name)) => Ok(Policy(Arc::new(Rules {
                name,
                credentials,
                any_origin,
                origins,
                methods,
                request_headers,
                exposed,
                preflight,
                timing,
            }))),
            (Err(faults), _) => Err(faults),
            // Not reached: a name that is missing left a fault.
            (Ok(()), None) => Err(ConfigError::NoOrigins.into()),
        }
    }

    fn check_origins(&self, credentials: bool, faults: &mut Faults<ConfigError>) -> OriginSet {
        let mut set = OriginSet::default();
        if self.origins.texts.is_empty() && !self.origins.any {
            faults.push(ConfigError::NoOrigins);
        }
        for (index, origin) in parse_all(Field::Origins, &self.origins, faults) {
            let value = || origin.as_str().to_owned();
            if self.origins.any {
                faults.push(ConfigError::RedundantOrigin { index, value: value() });
            }
            if credentials && !self.insecure && !origin.is_secure() {
                faults.push(ConfigError::InsecureOrigin { index, value: value() });
            }
            #[cfg(feature = "psl")]
            if !self.public_suffixes && is_public_suffix(&origin) {
                faults.push(ConfigError::PublicSuffix { index, value: value() });
            }
            if !set.insert(&origin, true, false) {
                let field = Field::Origins;
                faults.push(ConfigError::DuplicateOrigin { field, index, value: value() });
            }
        }
        for (index, origin) in parse_all(Field::OwnOrigins, &self.own_origins, faults) {
            if !set.insert(&origin, false, true) {
                let (field, value) = (Field::OwnOrigins, origin.as_str().to_owned());
                faults.push(ConfigError::DuplicateOrigin { field, index, value });
            }
        }
        set
    }
}

/// What responses without credentials may add.
impl PolicyBuilder<Anonymous> {
    /// Allows every origin: every response says `Access-Control-Allow-Origin: *`.
    ///
    /// For what is public anyway. It is no leave to read what only a network position protects: a
    /// page anywhere can then reach a service of an intranet through its visitors' browsers.
    pub const fn any_origin(mut self) -> Self {
        self.origins.any = true;
        self
    }

    /// Allows every method that pages can send.
    pub const fn any_method(mut self) -> Self {
        self.methods.any = true;
        self
    }

    /// Allows every request header but `authorization`, which has to be
    /// [named](Self::request_headers) beside ([Fetch, non-wildcard request-header name]).
    ///
    /// [Fetch, non-wildcard request-header name]: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
    pub const fn any_request_header(mut self) -> Self {
        self.request_headers.any = true;
        self
    }

    /// Lets pages read every response header.
    pub const fn expose_any(mut self) -> Self {
        self.expose_headers.any = true;
        self
    }

    /// Checks the policy and renders every header value once.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`]: every fault, in the order of the fields.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        self.check(false)
    }
}

/// What responses with credentials may add, and must be asked for by a name that says so.
impl PolicyBuilder<Credentialed> {
    /// Allows `http` origins that are not on this machine.
    ///
    /// # Security
    ///
    /// Whoever sits on the network between can answer for such an origin, and then act with the
    /// credentials of every user who passes.
    pub const fn dangerously_allow_insecure_origins(mut self) -> Self {
        self.insecure = true;
        self
    }

    /// Checks the policy and renders every header value once.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`]: every fault, in the order of the fields.
    ///
    /// ```
    /// let faults = rempart_cors::Policy::credentialed("api")
    ///     .origins(["https://app.example.com/", "http://app.example.com", "null"])
    ///     .methods(["put"])
    ///     .build()
    ///     .unwrap_err();
    /// assert_eq!(faults.len(), 4);
    /// ```
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        self.check(true)
    }
}

/// The origins of a list with their places; what is none becomes a fault.
fn parse_all(field: Field, list: &List, faults: &mut Faults<ConfigError>) -> Vec<(usize, Origin)> {
    let texts = &list.texts;
    if texts.len() > MAX_ORIGINS {
        faults.push(ConfigError::TooMany { field, count: texts.len(), max: MAX_ORIGINS });
    }
    let parse = |(index, value): (usize, &String)| {
        let fault = |reason| ConfigError::Origin { field, index, value: value.clone(), reason };
        Some((index, faults.take(value.parse().map_err(fault))?))
    };
    texts.iter().enumerate().take(MAX_ORIGINS).filter_map(parse).collect()
}

#[cfg(feature = "psl")]
fn is_public_suffix(origin: &Origin) -> bool {
    // An unknown top level counts as a suffix of itself, `localhost` and addresses too: only
    // what the list names is refused.
    let suffix = psl::suffix(origin.host().as_bytes()).filter(psl::Suffix::is_known);
    suffix.is_some_and(|suffix| suffix == origin.host())
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
