//! One ASCII character.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(in crate::scheme) fn serialize<S: Serializer>(byte: &u8, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_char(char::from(*byte))
}

pub(in crate::scheme) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    u8::try_from(char::deserialize(from)?).map_err(D::Error::custom)
}
