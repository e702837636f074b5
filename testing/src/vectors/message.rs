use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::{Vectors, Verdict, hex, load};

/// A message with a signature of RFC 9421.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedMessage {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub comment: String,
    /// The algorithm, as it is registered.
    pub algorithm: String,
    /// The key's name.
    pub keyid: String,
    /// The key that verifies: a secret, or PEM.
    #[serde(deserialize_with = "hex")]
    pub key: Vec<u8>,
    /// The label of the signature that is looked at.
    pub label: String,
    /// The method; of a response that of the request that it answers.
    pub method: String,
    /// The URL that was called.
    pub url: String,
    /// Of a response.
    pub status: Option<u16>,
    headers: Vec<(String, String)>,
    /// The request that a response answers.
    pub request: Option<MessageRequest>,
    /// The body.
    #[serde(deserialize_with = "hex")]
    pub body: Vec<u8>,
    /// When it arrives, in seconds since the epoch.
    pub at: u64,
    /// What is signed.
    pub base: String,
    /// The tag that is asked for.
    pub tag: Option<String>,
    result: Verdict,
    /// Why it is to be refused, in the word that operators are told.
    pub reason: Option<String>,
}

/// A request that a response answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRequest {
    /// The method.
    pub method: String,
    /// The URL that was called.
    pub url: String,
    headers: Vec<(String, String)>,
}

/// A component of a message, and its value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentValue {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub comment: String,
    /// The method.
    pub method: String,
    /// The URL that was called.
    pub url: String,
    /// The target as the request writes it, where it is not path and query.
    pub target: Option<String>,
    /// Of a response.
    pub status: Option<u16>,
    headers: Vec<(String, String)>,
    /// Kinds of structured fields.
    #[serde(default)]
    pub types: Vec<(String, String)>,
    /// The identifier.
    pub component: String,
    /// The value; nothing where there is to be none.
    pub value: Option<String>,
    /// Whether there is one.
    pub result: Verdict,
}

/// A `Content-Digest`, and a body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub comment: String,
    /// The field.
    pub content_digest: String,
    /// The body.
    #[serde(deserialize_with = "hex")]
    pub body: Vec<u8>,
    result: Verdict,
    /// Why it is to be refused, in the word that operators are told.
    pub reason: Option<String>,
}

impl SignedMessage {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let Vectors { cases, .. } = load::<Self>("signature/rfc9421/signatures");
        for case in &cases {
            assert_eq!(case.result == Verdict::Valid, case.reason.is_none(), "{}", case.id);
        }
        cases
    }

    /// The message's own headers.
    pub fn headers(&self) -> HeaderMap {
        map(&self.headers)
    }
}

impl MessageRequest {
    /// Its headers.
    pub fn headers(&self) -> HeaderMap {
        map(&self.headers)
    }
}

impl ComponentValue {
    /// All of them.
    pub fn all() -> Vec<Self> {
        load::<Self>("signature/rfc9421/components").cases
    }

    /// The message's headers.
    pub fn headers(&self) -> HeaderMap {
        map(&self.headers)
    }
}

impl Digest {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let Vectors { cases, .. } = load::<Self>("signature/rfc9421/digests");
        for case in &cases {
            assert_eq!(case.result == Verdict::Valid, case.reason.is_none(), "{}", case.id);
        }
        cases
    }
}

fn map(lines: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        headers.append(name, HeaderValue::from_str(value).expect("a header's value"));
    }
    headers
}
