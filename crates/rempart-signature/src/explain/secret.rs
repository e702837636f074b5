//! Keys as they may have been when they signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rempart_keys::{Key, KeyState, Secret};

use super::{Arrived, Explanation, Guess, KeyEnd, SecretChange};
use crate::{Policy, Scheme, SecretForm, verify};

/// The key that made the signature and is good no more.
pub(super) fn gone(
    policy: &Policy,
    scheme: &Scheme,
    (head, body, now): Arrived<'_>,
) -> Option<Explanation> {
    let ring = policy.ring()?;
    let retired = ring.verifying().filter(|key| !key.verifies_at(now));
    let keys: Vec<Key> = ring.revoked().chain(retired).map(named).collect();
    let earlier = policy.with_other_keys(scheme.clone(), &keys);
    let key = verify(&earlier, head, body, now).ok()?.key();
    let revoked = ring.state(key) == Some(KeyState::Revoked);
    Some(Explanation::Key { key, end: if revoked { KeyEnd::Revoked } else { KeyEnd::Retired } })
}

/// How the sender makes its key of one of our secrets.
pub(super) fn read_otherwise(
    policy: &Policy,
    scheme: &Scheme,
    (head, body, now): Arrived<'_>,
) -> Option<SecretChange> {
    if !scheme.algorithm().is_mac() {
        return None;
    }
    let ring = policy.ring()?;
    let guesses: [(SecretChange, Guess); 6] = [
        (SecretChange::Verbatim, |text| Some(text.to_vec())),
        (SecretChange::WithoutPrefix, |text| text.strip_prefix(WHSEC).map(<[u8]>::to_vec)),
        (SecretChange::Base64, |text| {
            let text = text.strip_prefix(b"v1,").unwrap_or(text);
            STANDARD.decode(text.strip_prefix(WHSEC).unwrap_or(text)).ok()
        }),
        (SecretChange::Hex, decode_hex),
        (SecretChange::Prefix, |text| Some([WHSEC, text].concat())),
        (SecretChange::LineEnd, |text| Some([text, b"\n"].concat())),
    ];
    let scheme = scheme.clone().with_secret_form(SecretForm::Text);
    let signed = |guess: Guess| {
        let keys = ring.verifying().filter_map(|key| {
            let secret = guess(key.secret().expose()).map(Secret::from_binary)?.ok()?;
            Some(Key::new(key.id(), secret))
        });
        let keys: Vec<Key> = keys.collect();
        verify(&policy.with_other_keys(scheme.clone(), &keys), head, body, now).is_ok()
    };
    guesses.into_iter().find(|(_, guess)| signed(*guess)).map(|(change, _)| change)
}

const WHSEC: &[u8] = b"whsec_";

/// The same key without an end.
fn named(key: &Key) -> Key {
    Key::new(key.id(), key.secret().clone())
}

fn decode_hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| {
        u8::try_from(digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?).ok()
    };
    let bytes = pairs.iter().map(byte).collect::<Option<Vec<u8>>>();
    bytes.filter(|_| rest.is_empty())
}
