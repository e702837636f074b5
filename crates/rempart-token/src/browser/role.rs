//! The role in the payload of a JWT that nobody verified, read with suspicion.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// The longest token that is looked at.
const MAX_TOKEN: usize = 8192;

/// Whether anybody who reads the token could find the service role in it.
///
/// Decoders differ in what they forgive, so this one forgives everything: either alphabet, padding
/// or not, names in any case. A payload that is an object to nobody but begins as one, and one that
/// says its role twice, count as the service role. A token of five parts is encrypted and says
/// nothing.
pub(super) fn may_be_service_role(token: &[u8]) -> bool {
    let mut parts = token.split(|byte| *byte == b'.');
    let (Some(_), Some(payload)) = (parts.next(), parts.next()) else { return false };
    if token.len() > MAX_TOKEN {
        return true;
    }
    if parts.count() == 3 {
        return false;
    }
    let mut text = Zeroizing::new(payload.to_vec());
    for digit in text.iter_mut() {
        *digit = match *digit {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        };
    }
    let mut json = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
    // No base64 to anybody: no token to anybody.
    let Ok(length) = FORGIVING.decode_slice(&*text, &mut json) else { return false };
    let json = json.get(..length).unwrap_or_default().trim_ascii_start();
    if json.first() != Some(&b'{') {
        return false;
    }
    let mut source = serde_json::Deserializer::from_slice(json);
    match Payload::deserialize(&mut source).and_then(|payload| source.end().map(|()| payload)) {
        Ok(payload) => payload.is_service_role || payload.roles > 1,
        Err(_) => true,
    }
}

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the members of a payload say of its role.
#[derive(Default)]
struct Payload {
    roles: usize,
    is_service_role: bool,
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Payload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Payload, A::Error> {
        let mut payload = Payload::default();
        while let Some(is_role) = members.next_key_seed(Is("role"))? {
            if is_role {
                payload.roles = payload.roles.saturating_add(1);
                payload.is_service_role |= members.next_value_seed(Is("service_role"))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(payload)
    }
}

/// Whether a text is this one, or a list or an object holds it; nothing is kept of it.
#[derive(Clone, Copy)]
struct Is(&'static str);

impl<'de> DeserializeSeed<'de> for Is {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Is {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        Ok(text.trim().eq_ignore_ascii_case(self.0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(one) = list.next_element_seed(self)? {
            found |= one;
        }
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(name) = members.next_key_seed(self)? {
            found |= name | members.next_value_seed(self)?;
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}
