//! The examples of every detector, found and left, as `tests/data/detectors.json` has them.

use serde_json::Value;

pub(crate) struct Examples {
    pub(crate) id: String,
    pub(crate) default: bool,
    /// Whether a group of the pattern is hidden, and not all of the example that matches.
    pub(crate) group: bool,
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
        group: row["group"] == 1,
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
        match repeat {
            Some((run, close)) => {
                out.push_str(&run);
                rest = &rest[close + 1..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}
