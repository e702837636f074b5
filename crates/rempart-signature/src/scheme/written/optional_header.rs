//! The name of a header, if there is one.

use http::HeaderName;
use serde::{Deserialize, Deserializer, Serializer};

use super::header;

#[expect(clippy::ref_option, reason = "as serde calls it")]
pub(in crate::scheme) fn serialize<S: Serializer>(
    name: &Option<HeaderName>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match name {
        Some(name) => header::serialize(name, to),
        None => to.serialize_none(),
    }
}

pub(in crate::scheme) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<HeaderName>, D::Error> {
    #[derive(Deserialize)]
    struct Name(#[serde(with = "header")] HeaderName);

    Option::<Name>::deserialize(from).map(|name| name.map(|Name(name)| name))
}
