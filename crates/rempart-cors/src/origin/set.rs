use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasherDefault;

use bytes::Bytes;
use http::HeaderValue;

use super::Words;

/// What a policy knows about one origin.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The origin as a header value, ready to be sent.
    pub(crate) value: HeaderValue,
    pub(crate) allowed: bool,
    pub(crate) own: bool,
}

/// Exact origins, found by their bytes; a list of a thousand costs what a list of three does.
#[derive(Clone, Default)]
pub(crate) struct OriginSet {
    standings: HashMap<Box<[u8]>, Standing, BuildHasherDefault<Words>>,
    longest: usize,
}

impl OriginSet {
    /// Adds an origin, or another side to one that is there; `false` when there was nothing to add.
    pub(crate) fn insert(&mut self, origin: &str, allowed: bool, own: bool) -> bool {
        let bytes = origin.as_bytes();
        self.longest = self.longest.max(bytes.len());
        if let Some(standing) = self.standings.get_mut(bytes) {
            let known = (standing.allowed || !allowed) && (standing.own || !own);
            standing.allowed |= allowed;
            standing.own |= own;
            return !known;
        }
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(bytes)) {
            // The first clone of owned bytes allocates their reference count: here, once, and not
            // while a request waits.
            let _promoted = value.clone();
            self.standings.insert(bytes.into(), Standing { value, allowed, own });
        }
        true
    }

    /// What is known of an `Origin` header's value, which is compared byte by byte and not parsed.
    pub(crate) fn get(&self, origin: &[u8]) -> Option<&Standing> {
        // Also bounds what is hashed by what was configured.
        if origin.len() > self.longest { None } else { self.standings.get(origin) }
    }

    /// The texts of those that are allowed, in no order.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = &str> {
        self.texts(|standing| standing.allowed)
    }

    /// The texts of those that are the service's own.
    pub(crate) fn own(&self) -> impl Iterator<Item = &str> {
        self.texts(|standing| standing.own)
    }

    fn texts(&self, which: impl Fn(&Standing) -> bool) -> impl Iterator<Item = &str> {
        let those = self.standings.values().filter(move |standing| which(standing));
        those.filter_map(|standing| standing.value.to_str().ok())
    }
}

impl fmt::Debug for OriginSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut standings: Vec<&Standing> = self.standings.values().collect();
        standings.sort_unstable_by_key(|standing| standing.value.as_bytes());
        f.debug_list().entries(standings).finish()
    }
}
