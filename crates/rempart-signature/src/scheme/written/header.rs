//! The name of a header.

use http::HeaderName;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::ConfigError;

pub(in crate::scheme) fn serialize<S: Serializer>(
    header: &HeaderName,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(header.as_str())
}

pub(in crate::scheme) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<HeaderName, D::Error> {
    let name = String::deserialize(from)?;
    name.parse().map_err(|_| D::Error::custom(ConfigError::HeaderName { name }))
}
