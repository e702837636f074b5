use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::{Running, Transcripts};
use crate::Policy;
use crate::key::{Message, Transcript, VerifyingKey};
use crate::scheme::Signatures;

/// The place of a key that made a signature, and that of the spelling that it signed.
#[derive(Clone, Copy, Default)]
pub(super) struct Matched {
    pub(super) key: u8,
    pub(super) spelling: u8,
}

/// The last key that made one of the signatures. Every MAC is compared with every signature,
/// whatever was found before.
pub(super) fn matching(
    policy: &Policy,
    transcripts: &mut Transcripts,
    signatures: &Signatures,
) -> Option<Matched> {
    let mut found = Choice::from(0);
    let mut matched = Matched::default();
    while let Some(Running { key, spelling, transcript }) = transcripts.pop() {
        let mut note = |equal: Choice| {
            matched.key.conditional_assign(&key, equal & !found);
            matched.spelling.conditional_assign(&spelling, equal & !found);
            found |= equal;
        };
        match (transcript, signatures) {
            (Transcript::Mac(mac), Signatures::Tags(tags)) => {
                let Some(computed) = mac.finish() else { continue };
                for tag in tags {
                    note(computed.matches(tag));
                }
            }
            (Transcript::Mac(mac), Signatures::Long(tags)) => {
                let computed = mac.finish_long();
                for tag in tags {
                    note(computed.ct_eq(tag));
                }
            }
            (Transcript::Message(message), Signatures::Long(signatures)) => {
                if let Some(key) = signer(policy, key, *message, signatures) {
                    return Some(Matched { key, spelling });
                }
            }
            (Transcript::Message(_), Signatures::Tags(_)) => {}
        }
    }
    bool::from(found).then_some(matched)
}

/// The place of the last of these keys that made one of the signatures. All of it is public: the
/// first that is good ends the search.
fn signer(policy: &Policy, keys: u8, message: Message, signatures: &[Vec<u8>]) -> Option<u8> {
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
