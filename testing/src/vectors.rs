//! Published vectors, as `conformance/` holds them.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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

/// Reads the hexadecimal form in which vectors hold bytes.
pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "an odd number of digits");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
