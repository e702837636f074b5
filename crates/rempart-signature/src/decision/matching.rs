use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::transcripts::{Running, Transcripts};
use crate::Policy;
use crate::key::{Message, VerifyingKey};
use crate::scheme::Signatures;

/// The place of a key that made a signature, and that of the spelling that it signed: one number,
/// which is chosen or not without a branch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Matched(u32);

impl Matched {
    const NONE: Self = Self(u32::MAX);

    const fn at(key: u8, spelling: u8) -> Self {
        Self(u32::from_le_bytes([key, spelling, 0, 0]))
    }

    pub(super) const fn key(self) -> u8 {
        self.0.to_le_bytes()[0]
    }

    pub(super) const fn spelling(self) -> u8 {
        self.0.to_le_bytes()[1]
    }
}

/// The last key that made one of the signatures. Every MAC is compared with every signature,
/// whatever was found before; of public keys, all of it is public.
pub(super) fn matching(
    policy: &Policy,
    transcripts: &mut Transcripts,
    signatures: &Signatures,
) -> Option<Matched> {
    let mut matched = Matched::NONE;
    // The last one that is equal stays.
    let mut note = |here: Matched, equal: Choice| matched.0.conditional_assign(&here.0, equal);
    match (transcripts, signatures) {
        (Transcripts::Macs(macs), Signatures::Tags(tags)) => {
            for Running { keys, spelling, transcript } in macs {
                let Some(computed) = transcript.finish() else { continue };
                for tag in tags {
                    note(Matched::at(*keys, *spelling), computed.matches(tag));
                }
            }
        }
        (Transcripts::Macs(macs), Signatures::Long(tags)) => {
            for Running { keys, spelling, transcript } in macs {
                let computed = transcript.finish_long();
                for tag in tags {
                    note(Matched::at(*keys, *spelling), computed.ct_eq(tag));
                }
            }
        }
        (Transcripts::Messages(messages), Signatures::Long(signatures)) => {
            return messages.iter_mut().find_map(|Running { keys, spelling, transcript }| {
                let key = signer(policy, *keys, transcript, signatures)?;
                Some(Matched::at(key, *spelling))
            });
        }
        (Transcripts::Messages(_), Signatures::Tags(_)) => return None,
    }
    (matched != Matched::NONE).then_some(matched)
}

/// The place of the last of these keys that made one of the signatures. All of it is public: the
/// first that is good ends the search.
fn signer(policy: &Policy, keys: u8, message: &mut Message, signatures: &[Vec<u8>]) -> Option<u8> {
    let message = message.finish();
    let signed = |key: &VerifyingKey| match key {
        VerifyingKey::Mac(_) => false,
        VerifyingKey::Public(key) => signatures.iter().any(|one| key.verify(&message, one)),
    };
    let asked = (0..u8::BITS)
        .rev()
        .filter(|place| keys.checked_shr(*place).is_some_and(|bits| bits & 1 == 1));
    let mut places = asked.filter_map(|place| u8::try_from(place).ok());
    places.find(|place| {
        policy.keys().get(usize::from(*place)).is_some_and(|key| signed(&key.verifying))
    })
}
