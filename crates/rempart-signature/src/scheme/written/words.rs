//! What is one of a few things is written as one word.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::{Coverage, Encoding, HexCase, TimeUnit, UrlForm};
use crate::Algorithm;

macro_rules! words {
    ($( $type:ident { $( $word:literal = $value:pat => $made:expr, )+ } )+) => {
        $(
            impl Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(match self {
                        $( $value => $word, )+
                    })
                }
            }

            impl<'de> Deserialize<'de> for $type {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    match String::deserialize(deserializer)?.as_str() {
                        $( $word => Ok($made), )+
                        other => Err(D::Error::unknown_variant(other, &[$( $word, )+])),
                    }
                }
            }
        )+
    };
}

words! {
    Coverage {
        "none" = Self::None => Self::None,
        "fields" = Self::Fields => Self::Fields,
        "body" = Self::Body => Self::Body,
    }
    Encoding {
        "base64" = Self::Base64 => Self::Base64,
        "base64-der" = Self::Base64Der => Self::Base64Der,
        "hex" = Self::Hex(HexCase::Lower) => Self::Hex(HexCase::Lower),
        "hex-any-case" = Self::Hex(HexCase::Any) => Self::Hex(HexCase::Any),
        "plain" = Self::Plain => Self::Plain,
    }
    TimeUnit {
        "auto" = Self::Auto => Self::Auto,
        "milliseconds" = Self::Millis => Self::Millis,
        "rfc3339" = Self::Rfc3339 => Self::Rfc3339,
        "seconds" = Self::Seconds => Self::Seconds,
    }
    UrlForm {
        "as-configured" = Self::AsConfigured => Self::AsConfigured,
        "decoded" = Self::Decoded => Self::Decoded,
        "respelled" = Self::Respelled => Self::Respelled,
        "web-socket" = Self::WebSocket => Self::WebSocket,
        "with-and-without-port" = Self::WithAndWithoutPort => Self::WithAndWithoutPort,
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    /// What this build lacks is unknown to it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = || Self::ALL.iter().map(|algorithm| algorithm.name()).collect::<Vec<_>>();
        Self::named(&name).ok_or_else(|| {
            let known = known().join(", ");
            D::Error::custom(format_args!("unknown algorithm `{name}`, expected one of {known}"))
        })
    }
}
