use std::time::Duration;

use smallvec::SmallVec;

use crate::Policy;
use crate::key::{Mac, MacKey, Message, PublicKey, VerifyingKey};
use crate::public_url::Spellings;

/// What takes the body. The keys of a policy are of one algorithm: they make MACs, or none does.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the common one, and stays in place"
)]
pub(super) enum Transcripts {
    /// One for each key and spelling of the URL; two fit in place, more take one allocation.
    Macs(SmallVec<[Running<Mac>; 2]>),
    /// One for each spelling of the URL, which all public keys are asked about.
    Messages(Vec<Running<Message>>),
}

/// A transcript under way.
#[derive(Debug)]
pub(super) struct Running<T> {
    /// The place of its key in the policy; of a message, a bit for the place of each.
    pub(super) keys: u8,
    /// The place of the spelling of the URL that it is for.
    pub(super) spelling: u8,
    pub(super) transcript: T,
}

impl Default for Transcripts {
    /// None of them.
    fn default() -> Self {
        Self::Macs(SmallVec::new())
    }
}

impl Transcripts {
    /// Begins one for each key that verifies now, where it stays: it is large.
    pub(super) fn begin(&mut self, policy: &Policy, spellings: &Spellings<'_>, now: Duration) {
        let keys = policy.keys().iter().zip(0_u8..);
        for (key, place) in keys.filter(|(key, _)| key.verifies_at(now)) {
            match &key.verifying {
                VerifyingKey::Mac(key) => self.add_mac(place, key, spellings),
                VerifyingKey::Public(key) => self.add_public(place, key, spellings),
            }
        }
    }

    fn add_mac(&mut self, place: u8, key: &MacKey, spellings: &Spellings<'_>) {
        if let Self::Macs(macs) = self {
            for spelling in spellings.places() {
                macs.push(Running { keys: place, spelling, transcript: key.begin() });
            }
        }
    }

    #[cold]
    fn add_public(&mut self, place: u8, key: &PublicKey, spellings: &Spellings<'_>) {
        if let Self::Macs(_) = self {
            let begun = |spelling| Running { keys: 0, spelling, transcript: key.message() };
            *self = Self::Messages(spellings.places().map(begun).collect());
        }
        if let Self::Messages(messages) = self {
            let bit = 1_u8.checked_shl(u32::from(place)).unwrap_or_default();
            for message in messages {
                message.keys |= bit;
            }
        }
    }

    /// The next bytes of all of them.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.update_where(|_| true, bytes);
    }

    /// The next bytes of those that are for this spelling.
    pub(super) fn update_spelled(&mut self, spelling: u8, bytes: &[u8]) {
        self.update_where(|theirs| theirs == spelling, bytes);
    }

    fn update_where(&mut self, wanted: impl Fn(u8) -> bool, bytes: &[u8]) {
        match self {
            Self::Macs(macs) => {
                for mac in macs.iter_mut().filter(|mac| wanted(mac.spelling)) {
                    mac.transcript.update(bytes);
                }
            }
            Self::Messages(messages) => {
                for message in messages.iter_mut().filter(|message| wanted(message.spelling)) {
                    message.transcript.update(bytes);
                }
            }
        }
    }
}
