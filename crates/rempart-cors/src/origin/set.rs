use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use bytes::Bytes;
use http::HeaderValue;

use super::Origin;

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
    pub(crate) fn insert(&mut self, origin: &Origin, allowed: bool, own: bool) -> bool {
        let bytes = origin.as_str().as_bytes();
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

    pub(crate) fn allowed(&self) -> impl Iterator<Item = &HeaderValue> {
        self.standings.values().filter(|standing| standing.allowed).map(|standing| &standing.value)
    }
}

impl fmt::Debug for OriginSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut standings: Vec<&Standing> = self.standings.values().collect();
        standings.sort_unstable_by_key(|standing| standing.value.as_bytes());
        f.debug_list().entries(standings).finish()
    }
}

/// A hash of eight bytes at a time. The table's entries come from the configuration, so a stranger
/// who picks an `Origin` to collide with them makes one comparison fail and nothing grow: a seeded
/// hash would cost more and guard nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Words(u64);

impl Words {
    fn mix(&mut self, word: u64) {
        // The multiplier of FxHash; the rotation brings high bits, where the product's entropy
        // gathers, back to the low ones that pick a bucket.
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }
}

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.mix(word.try_into().map(u64::from_le_bytes).unwrap_or_default());
        }
        let tail = words.remainder().iter();
        self.mix(tail.fold(0, |word, byte| (word << 8) | u64::from(*byte)));
    }

    fn write_usize(&mut self, length: usize) {
        self.mix(length as u64);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}
