use serde::{Deserialize, Deserializer};

use super::{Vectors, load};

/// Signed requests, and what is to become of each: `conformance/signature/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub comment: String,
    /// The preset that it is made for.
    pub scheme: String,
    /// The key.
    #[serde(deserialize_with = "hex")]
    pub secret: Vec<u8>,
    /// The request's method.
    pub method: String,
    /// The URL as the sender knows it.
    pub url: String,
    /// Names and values, in their order.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body.
    #[serde(deserialize_with = "hex")]
    pub body: Vec<u8>,
    /// When it arrives, in seconds since the epoch.
    pub at: u64,
    result: Verdict,
    reason: Option<String>,
}

/// What is to become of a case.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// To be refused.
    Invalid,
    /// To be accepted.
    Valid,
}

impl Signed {
    /// All of them, from every file of the folder.
    pub fn all() -> Vec<Self> {
        FILES.iter().flat_map(|file| Self::of(file)).collect()
    }

    /// Those of one file.
    pub fn of(file: &str) -> Vec<Self> {
        let Vectors { cases, .. } = load::<Self>(&format!("signature/{file}"));
        for case in &cases {
            assert_eq!(case.is_valid(), case.reason.is_none(), "{}: result and reason", case.id);
        }
        cases
    }

    /// Whether it is to be accepted.
    pub fn is_valid(&self) -> bool {
        self.result == Verdict::Valid
    }

    /// Why it is to be refused, in the word that operators are told.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

const FILES: [&str; 14] = [
    "box",
    "constructed",
    "github",
    "hook0",
    "meta",
    "octokit",
    "paddle",
    "slack",
    "square",
    "standard-webhooks",
    "svix",
    "twilio",
    "twilio-node",
    "vendor-libraries",
];

/// Reads the hexadecimal form in which vectors hold bytes, for serde's `deserialize_with`.
///
/// # Errors
///
/// The text is not of pairs of hexadecimal digits.
pub fn hex<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()
    };
    let bytes = pairs.iter().map(byte).collect::<Option<Vec<_>>>();
    bytes.filter(|_| odd.is_empty()).ok_or_else(|| serde::de::Error::custom("no hexadecimal"))
}
