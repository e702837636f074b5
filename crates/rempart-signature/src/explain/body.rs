//! Bodies as they may have been when they were signed.

use std::time::Duration;

use super::{BodyChange, Guess};
use crate::{Head, Policy, verify};

pub(super) fn altered(
    policy: &Policy,
    head: &Head<'_>,
    body: &[u8],
    now: Duration,
) -> Option<BodyChange> {
    let guesses: [(BodyChange, Guess); 7] = [
        (BodyChange::LineEndAdded, |body| body.strip_suffix(b"\r\n").map(<[u8]>::to_vec)),
        (BodyChange::LineEndAdded, |body| body.strip_suffix(b"\n").map(<[u8]>::to_vec)),
        (BodyChange::LineEndTaken, |body| Some([body, b"\n"].concat())),
        (BodyChange::ByteOrderMark, |body| body.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec)),
        (BodyChange::CrLf, |body| Some(with_line_ends(body, b"\n"))),
        (BodyChange::Lf, |body| Some(with_line_ends(body, b"\r\n"))),
        (BodyChange::Json, |body| Some(without_blanks(body))),
    ];
    let signed = |guess: Guess| {
        let signed = guess(body).filter(|guess| guess != body);
        signed.is_some_and(|signed| verify(policy, head, &signed, now).is_ok())
    };
    guesses.into_iter().find(|(_, guess)| signed(*guess)).map(|(change, _)| change)
}

fn with_line_ends(body: &[u8], end: &[u8]) -> Vec<u8> {
    let lines = body.split(|byte| *byte == b'\n');
    let lines: Vec<&[u8]> = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
    lines.join(end)
}

/// JSON without the blanks that stand in no text.
fn without_blanks(body: &[u8]) -> Vec<u8> {
    let (mut in_text, mut escaped) = (false, false);
    let kept = body.iter().filter(|byte| {
        match **byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
        in_text || !byte.is_ascii_whitespace()
    });
    kept.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_blanks_from_json_and_none_from_its_texts() {
        #[rustfmt::skip]
        let rows = [
            ("",                              ""),
            (r#"{ "a": [1, 2] }"#,            r#"{"a":[1,2]}"#),
            ("{\r\n\t\"a b\" : \"c  d\"\n}",  r#"{"a b":"c  d"}"#),
            (r#"{ "a\" b" : "\\" , "c": 1}"#, r#"{"a\" b":"\\","c":1}"#),
        ];
        for (body, want) in rows {
            assert_eq!(without_blanks(body.as_bytes()), want.as_bytes(), "{body}");
        }
    }
}
