//! The examples of every detector, found and left, as `tests/data/detectors.json` has them.

use serde_json::Value;

pub(crate) struct Examples {
    pub(crate) id: String,
    pub(crate) default: bool,
    pub(crate) found: Vec<String>,
    pub(crate) left: Vec<String>,
}

pub(crate) fn examples() -> Vec<Examples> {
    let rows: Value = serde_json::from_str(include_str!("../data/detectors.json")).unwrap();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| expand(text.as_str().unwrap())).collect()
    };
    let rows = rows.as_array().unwrap().iter().map(|row| Examples {
        id: row["id"].as_str().unwrap().to_owned(),
        default: row["default"].as_bool().unwrap(),
        found: texts(&row["found"]),
        left: texts(&row["left"]),
    });
    rows.collect()
}

/// `{A*24}` is a letter A, 24 times: the file holds nothing of the shape of a live key.
pub(crate) fn expand(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let repeat = rest.find('}').and_then(|close| {
            let (letter, times) = rest[1..close].split_once('*')?;
            (letter.len() == 1).then_some((letter.repeat(times.parse().ok()?), close))
        });
        let (part, length) = repeat.map_or(("{".to_owned(), 1), |(run, close)| (run, close + 1));
        out.push_str(&part);
        rest = &rest[length..];
    }
    out + rest
}

/// The longest run of one character: what `expand` wrote, and the part of an example that matters.
pub(crate) fn longest_run(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut longest = "";
    let mut start = 0;
    for at in 1..=bytes.len() {
        if at == bytes.len() || bytes[at] != bytes[start] {
            if at - start > longest.len() {
                longest = &text[start..at];
            }
            start = at;
        }
    }
    longest
}
