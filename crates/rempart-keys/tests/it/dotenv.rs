use rempart_keys::dotenv::{self, parse};
use rempart_testing::vectors::{hex, load};
use serde::Deserialize;

/// A file, and what is read from it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    id: String,
    comment: String,
    #[serde(deserialize_with = "hex")]
    file: Vec<u8>,
    #[serde(default = "once")]
    times: usize,
    entries: Vec<Entry>,
    result: String,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(deserialize_with = "hex")]
    value: Vec<u8>,
}

/// A file, and where it is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    id: String,
    comment: String,
    #[serde(deserialize_with = "hex")]
    file: Vec<u8>,
    #[serde(default = "once")]
    times: usize,
    faults: Vec<Place>,
    result: String,
}

/// On which line, at which byte of the file, and why.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Place {
    line: usize,
    offset: usize,
    fault: String,
}

const fn once() -> usize {
    1
}

#[test]
fn reads_the_dialect() {
    let cases = load::<Value>("dotenv/values").cases;
    assert!(cases.len() >= 60);
    for Value { id, comment, file, times, entries: want, result } in cases {
        assert_eq!(result, "valid", "{id}");
        let file = file.repeat(times);
        let entries = parse(&file).unwrap_or_else(|errors| panic!("{comment}: {errors}"));
        let entry =
            |e: &dotenv::Entry<'_>| Entry { name: e.name().to_owned(), value: e.expose().to_vec() };
        assert_eq!(entries.iter().map(entry).collect::<Vec<_>>(), want, "{comment}");
    }
}

#[test]
fn refuses_the_rest_and_says_where() {
    let cases = load::<Refused>("dotenv/faults").cases;
    assert!(cases.len() >= 60);
    for Refused { id, comment, file, times, faults: want, result } in cases {
        assert_eq!(result, "invalid", "{id}");
        let errors = parse(&file.repeat(times)).expect_err(&comment);
        let fault = |e: &dotenv::ParseError| Place {
            line: e.line,
            offset: e.offset,
            fault: format!("{:?}", e.fault),
        };
        assert_eq!(errors.iter().map(fault).collect::<Vec<_>>(), want, "{comment}");
    }
}

#[test]
fn reports_every_line_at_once() {
    let errors = parse(b"A=1\nB\nC=it's\nD='4'\nA=2\n").unwrap_err();
    let lines: Vec<_> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 3, 5]);
    assert_eq!(errors.iter().next().unwrap().to_string(), "line 2, byte 5: no `=` after the name");
}

#[test]
fn counts_lines_from_one() {
    let entries = parse(b"\n# two\nA=1\r\n\r\nB=2").unwrap();
    assert_eq!(entries.iter().map(dotenv::Entry::line).collect::<Vec<_>>(), [3, 5]);
}

#[test]
fn an_entry_does_not_show_its_value() {
    let entries = parse(b"A=made-up-canary").unwrap();
    let shown = format!("{entries:?} {entries:#?}");
    assert!(shown.contains("\"A\"") && !shown.contains("canary"), "{shown}");
}
