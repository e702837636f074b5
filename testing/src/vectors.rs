//! Published vectors, as `conformance/` holds them.

mod message;
mod signed;

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use self::message::{ComponentValue, Digest, MessageRequest, SignedMessage};
pub use self::signed::{Signed, Verdict, hex};

/// A file of vectors: where they come from, and the cases.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors<Case> {
    /// The document that published them.
    pub source: String,
    /// The day on which they were read there.
    pub retrieved: String,
    /// The licence that they are published under.
    pub licence: String,
    /// The cases, at least one.
    pub cases: Vec<Case>,
}

/// Reads `conformance/NAME.json`. A file that is missing, malformed or empty fails the test.
pub fn load<Case: DeserializeOwned>(name: &str) -> Vectors<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance").join(name);
    let path = path.with_extension("json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let vectors: Vectors<Case> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!vectors.cases.is_empty(), "{}: no case", path.display());
    vectors
}
