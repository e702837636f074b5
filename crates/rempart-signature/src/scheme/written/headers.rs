//! Names of headers.

use http::HeaderName;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::ConfigError;

pub(in crate::scheme) fn serialize<S: Serializer>(
    headers: &[HeaderName],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(headers.iter().map(HeaderName::as_str))
}

pub(in crate::scheme) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<HeaderName>, D::Error> {
    let names = Vec::<String>::deserialize(from)?.into_iter();
    let headers = names.map(|name| name.parse().map_err(|_| ConfigError::HeaderName { name }));
    headers.collect::<Result<_, _>>().map_err(D::Error::custom)
}
