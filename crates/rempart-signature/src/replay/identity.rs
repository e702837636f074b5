use std::fmt;

use rempart_core::PolicyName;
use sha2::{Digest, Sha256};

/// Stands for a signed message in a [`ReplayStore`](crate::ReplayStore): 128 bits of a SHA-256.
///
/// It is made of the scheme's name, the policy's, and the id that the message signs, or where it
/// signs none of all the bytes that were signed. Not of the signature, which one message can have
/// several of, nor of the headers as they were written, nor of the key: a message that an old and a
/// new key have signed is one message.
///
/// Nothing in it is secret, and whoever guesses a whole message can recompute it: it is not printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplayKey([u8; 16]);

impl ReplayKey {
    /// For tests of a store, and for keys of another making.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The digest.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Debug for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplayKey(..)")
    }
}

/// Who a message is, as far as it has been read.
#[derive(Clone)]
pub(crate) enum Identity {
    /// All that counts is known.
    Known(Sha256),
    /// The signed bytes count, and more of them may follow.
    Signed(Sha256),
}

impl Identity {
    /// What all messages of a scheme to one endpoint have in common. Each text is told its length
    /// first: no two lists of texts make the same bytes.
    pub(crate) fn common(scheme: &str, endpoint: &PolicyName) -> Sha256 {
        let mut hasher = Sha256::new();
        text(&mut hasher, b"rempart replay 1");
        text(&mut hasher, scheme.as_bytes());
        text(&mut hasher, endpoint.as_str().as_bytes());
        hasher
    }

    /// Begins with one message of a tenant; an empty one where there are no tenants.
    pub(crate) fn of(common: &Sha256, tenant: &str, signed_id: Option<&[u8]>) -> Self {
        let mut hasher = common.clone();
        text(&mut hasher, tenant.as_bytes());
        if let Some(id) = signed_id {
            text(&mut hasher, b"id");
            hasher.update(id);
            Self::Known(hasher)
        } else {
            text(&mut hasher, b"bytes");
            Self::Signed(hasher)
        }
    }

    /// Takes the next of the signed bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Self::Signed(hasher) = self {
            hasher.update(bytes);
        }
    }

    pub(crate) fn finish(self) -> ReplayKey {
        let (Self::Known(hasher) | Self::Signed(hasher)) = self;
        let digest: [u8; 32] = hasher.finalize().into();
        let (half, _) = digest.split_first_chunk().unwrap_or((&[0; 16], &[]));
        ReplayKey(*half)
    }
}

impl fmt::Debug for Identity {
    /// Nothing of the message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

fn text(hasher: &mut Sha256, text: &[u8]) {
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    hasher.update(length.to_be_bytes());
    hasher.update(text);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn key(scheme: &str, endpoint: &str, tenant: &str, id: Option<&str>, rest: &str) -> ReplayKey {
        let common = Identity::common(scheme, &PolicyName::new(endpoint).unwrap());
        let mut identity = Identity::of(&common, tenant, id.map(str::as_bytes));
        identity.update(rest.as_bytes());
        identity.finish()
    }

    #[test]
    fn texts_that_run_together_are_told_apart() {
        let keys = [
            key("ab", "c", "", None, "x"),
            key("a", "bc", "", None, "x"),
            key("a", "b", "c", None, "x"),
            key("a", "b", "", None, "cx"),
            key("a", "b", "", None, "x"),
            key("a", "b", "", Some("x"), ""),
            key("a", "b", "", None, "id"),
            key("a", "b", "", Some(""), ""),
            key("a", "b", "", None, ""),
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }

    #[test]
    fn a_signed_id_is_all_that_counts_of_a_message() {
        let id = Some("msg_1");
        assert_eq!(key("s", "e", "t", id, "one body"), key("s", "e", "t", id, "another"));
        assert_ne!(key("s", "e", "t", id, ""), key("s", "e", "u", id, ""));
    }

    #[test]
    fn signed_bytes_count_however_they_are_cut() {
        let mut cut =
            Identity::of(&Identity::common("s", &PolicyName::new("e").unwrap()), "", None);
        "abc".bytes().for_each(|byte| cut.update(&[byte]));
        assert_eq!(cut.finish(), key("s", "e", "", None, "abc"));
    }
}
