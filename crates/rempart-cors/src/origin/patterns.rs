use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasherDefault;

use super::parts::Scheme;
use super::pattern::Ports;
use super::{Entry, MAX_LEN, Parts, Pattern, Words};

/// Patterns, found by the labels of a host: one look-up a label, whatever the number of patterns.
///
/// Nothing here compares a part of a label, so that `https://*.example.com` can never come to cover
/// `https://badexample.com`.
#[derive(Clone, Default)]
pub(crate) struct PatternSet {
    rules: HashMap<Box<str>, Vec<Rule>, BuildHasherDefault<Words>>,
    /// The length of the shortest host that subdomains are allowed of, and of the longest.
    shortest: usize,
    longest: usize,
    /// Whether hosts under somebody else's public suffix are covered too.
    public_suffixes: bool,
}

/// What is allowed of one host.
#[derive(Clone, Debug)]
struct Rule {
    text: Box<str>,
    scheme: Scheme,
    ports: Ports,
    subdomains: bool,
}

impl PatternSet {
    pub(crate) fn new(public_suffixes: bool) -> Self {
        Self { shortest: usize::MAX, public_suffixes, ..Self::default() }
    }

    /// Adds a pattern; `false` when it is there.
    pub(crate) fn insert(&mut self, pattern: &Pattern) -> bool {
        let host = pattern.base.host();
        if pattern.subdomains {
            self.shortest = self.shortest.min(host.len());
            self.longest = self.longest.max(host.len());
        }
        let rules = self.rules.entry(host.into()).or_default();
        let is_new = rules.iter().all(|rule| rule.text != pattern.text);
        if is_new {
            let Pattern { text, base, subdomains, ports } = pattern.clone();
            rules.push(Rule { text, scheme: base.parts.scheme, ports, subdomains });
        }
        is_new
    }

    /// Whether an `Origin` header's value is covered. What no browser could send is not.
    #[inline]
    pub(crate) fn admit(&self, origin: &[u8]) -> bool {
        !self.rules.is_empty() && origin.len() <= MAX_LEN && self.admit_one(origin)
    }

    fn admit_one(&self, origin: &[u8]) -> bool {
        let (Ok(parts), Ok(text)) = (Parts::parse(origin), str::from_utf8(origin)) else {
            return false;
        };
        self.cover(parts.host(text), parts.scheme, Ports::One(parts.port), false)
    }

    /// Whether an entry of the same list says nothing that another pattern does not say.
    pub(crate) fn covers(&self, entry: &Entry) -> bool {
        if matches!(entry, Entry::Custom { .. }) {
            return false;
        }
        let base = entry.base();
        let (scheme, subdomains) = (base.parts.scheme, entry.has_subdomains());
        self.cover(base.host(), scheme, entry.ports(), subdomains)
    }

    /// The texts of the patterns, in no order.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.rules.values().flatten().map(|rule| &*rule.text)
    }

    /// Whether a pattern covers these origins, and more than these.
    fn cover(&self, host: &str, scheme: Scheme, ports: Ports, subdomains: bool) -> bool {
        let rules = |host| self.rules.get(host).into_iter().flatten();
        let fits = |rule: &Rule| rule.scheme == scheme && rule.ports.include(ports);
        let same = |rule: &Rule| rule.subdomains == subdomains && rule.ports != ports;
        if rules(host).any(|rule| fits(rule) && same(rule)) {
            return true;
        }
        let mut below = host;
        while let Some((_, above)) = below.split_once('.') {
            if above.len() < self.shortest {
                return false;
            }
            if above.len() <= self.longest && rules(above).any(|rule| fits(rule) && rule.subdomains)
            {
                // What is under a host further up is all the more under the same suffix.
                return self.public_suffixes || !crosses_public_suffix(host, above);
            }
            below = above;
        }
        false
    }
}

impl fmt::Debug for PatternSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts: Vec<&str> = self.texts().collect();
        texts.sort_unstable();
        f.debug_list().entries(texts).finish()
    }
}

/// Whether between a host and the one it is under lies a suffix that anybody can register names
/// under: `https://*.amazonaws.com` is not meant to cover everybody's `….s3.amazonaws.com`.
#[cfg(feature = "psl")]
fn crosses_public_suffix(host: &str, base: &str) -> bool {
    public_suffix(host).is_some_and(|suffix| suffix.len() > base.len())
}

#[cfg(not(feature = "psl"))]
fn crosses_public_suffix(_: &str, _: &str) -> bool {
    // Without a list a pattern has to be asked for by a name that says so, see the builder.
    false
}

/// The public suffix of a host, if the list names one.
#[cfg(feature = "psl")]
pub(crate) fn public_suffix(host: &str) -> Option<&str> {
    // An unknown top level counts as a suffix of itself, `localhost` and addresses too.
    let suffix = psl::suffix(host.as_bytes()).filter(psl::Suffix::is_known)?;
    host.get(host.len().checked_sub(suffix.as_bytes().len())?..)
}
