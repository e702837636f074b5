use proptest::prelude::*;

use super::*;

/// Members as they came, the names and the texts alone.
fn told(value: Value<'_>) -> String {
    match value {
        Value::Array(array) => {
            format!("[{}]", array.items().map(told).collect::<Vec<_>>().join(","))
        }
        Value::Number(number) => number.to_owned(),
        Value::Object(object) => {
            let member = |(name, value): (Text<'_>, Value<'_>)| {
                format!("{:?}:{}", name.decoded(), told(value))
            };
            format!("{{{}}}", object.members().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Other(_) => "_".to_owned(),
        Value::Text(text) => format!("{:?}", text.decoded()),
    }
}

fn read(text: &[u8]) -> Option<String> {
    Object::parse(text).map(|object| told(Value::Object(object)))
}

#[test]
fn reads_what_the_grammar_allows() {
    #[rustfmt::skip]
    let rows = [
        ("{}",                                  "{}"),
        (" \t\r\n{ } \n",                       "{}"),
        (r#"{"a":"b"}"#,                        r#"{"a":"b"}"#),
        (r#"{"a":"b","a":"c"}"#,                r#"{"a":"b","a":"c"}"#),
        (r#"{ "a" : { "b" : 1 } , "c" : [ ] }"#, r#"{"a":{"b":1},"c":[]}"#),
        (r#"{"a":[1,[true],{"b":null}],"c":false}"#, r#"{"a":[1,[_],{"b":_}],"c":_}"#),
        ("{\"a\":[ 1 , [ ] ,\n{ } , \"x\" ]}",    r#"{"a":[1,[],{},"x"]}"#),
        (r#"{"a":"\\\"]}\u0022"}"#,              r#"{"a":"\\\"]}\""}"#),
        (r#"{"a":"eight bytes and some, é and \b"}"#, r#"{"a":"eight bytes and some, é and \u{8}"}"#),
        (r#"{"":-0.5e+10}"#,                    r#"{"":-0.5e+10}"#),
        (r#"{"a":"\u0041\n\/\"\\"}"#,           r#"{"a":"A\n/\"\\"}"#),
        (r#"{"t\u0079pe":"\ud83d\ude00é"}"#,    r#"{"type":"😀é"}"#),
    ];
    for (text, wanted) in rows {
        assert_eq!(read(text.as_bytes()).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn refuses_what_the_grammar_does_not() {
    #[rustfmt::skip]
    let rows = [
        "", " ", "1", "[]", r#""a""#, "null",
        "{", "{}}", "{} {}", "{,}", r#"{"a"}"#, r#"{"a":}"#, r#"{"a":1,}"#, r#"{"a":1 "b":2}"#,
        r"{a:1}", r"{'a':1}", r#"{"a":'b'}"#, r#"{"a":01}"#, r#"{"a":+1}"#, r#"{"a":.5}"#,
        r#"{"a":1.}"#, r#"{"a":1e}"#, r#"{"a":-}"#, r#"{"a":NaN}"#, r#"{"a":tru}"#,
        r#"{"a":[1,]}"#, r#"{"a":[1}"#, "{\"a\":\"\n\"}", r#"{"a":"\x41"}"#, r#"{"a":"\u00"}"#,
        r#"{"a":"\ud83d"}"#, r#"{"a":"\ude00\ud83d"}"#, r#"{"a":"\ud83dx"}"#, r#"{"a":"b"#,
        "{\"a\":\u{a0}1}", "\u{feff}{}", r#"{"a":1}//"#, r#"{"a":1/**/}"#,
    ];
    for text in rows {
        assert_eq!(read(text.as_bytes()), None, "{text}");
    }
    assert_eq!(read(b"{\"a\":\"\xff\"}"), None, "no UTF-8");
    assert_eq!(read(b"{\"a\":\"\xed\xa0\x80\"}"), None, "a surrogate in UTF-8");
}

#[test]
fn is_bounded_in_depth() {
    let nested = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(nested(128).as_bytes()).is_some());
    assert!(read(nested(129).as_bytes()).is_none());
    assert!(read("{\"a\":".repeat(100_000).as_bytes()).is_none());
    assert!(read(format!("{{\"a\":{}", "[".repeat(100_000)).as_bytes()).is_none());
}

#[test]
fn a_member_that_is_there_twice_is_no_member() {
    let object = Object::parse(br#"{"a":1,"b":2,"a":1}"#).unwrap();
    assert_eq!((object.one("a"), object.all("a").count()), (None, 2));
    assert_eq!(object.one("b"), Some(Value::Number("2")));
    assert_eq!(object.only("a"), Err(Rejection::Duplicated));
    assert_eq!(object.one("c"), None);
}

/// Texts that are nearly JSON: made of its own pieces.
fn nearly_json() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"a\"",
        "\"b\":",
        "\"\\u00e9\"",
        "\\",
        "\\u",
        "1",
        "0",
        "-",
        ".",
        "e",
        "true",
        "null",
        " ",
        "\n",
        "é",
        "\"c\":{",
        "\"d\":[",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("{{{}}}", pieces.concat()))
}

/// The tree of a value, the last of those that are there twice, as `serde_json` keeps it.
fn tree(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Array(array) => array.items().map(tree).collect(),
        Value::Number(number) => serde_json::from_str(number).unwrap(),
        Value::Object(object) => object
            .members()
            .map(|(name, value)| (name.decoded().into_owned(), tree(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Other(_) => serde_json::Value::Null,
        Value::Text(text) => text.decoded().into(),
    }
}

/// What is neither of the four is nothing to us.
fn without_words(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Array(items) => items.into_iter().map(without_words).collect(),
        serde_json::Value::Bool(_) => serde_json::Value::Null,
        serde_json::Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, without_words(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

proptest! {
    #[test]
    fn reads_what_serde_reads(text in nearly_json()) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        // It refuses numbers that it has no room for.
        prop_assume!(theirs.as_ref().err().is_none_or(|error| !error.to_string().contains("range")));
        let ours = Object::parse(text.as_bytes());
        prop_assert_eq!(ours.is_some(), theirs.is_ok(), "{}", text);
        let (Some(ours), Ok(theirs)) = (ours, theirs) else { return Ok(()) };
        prop_assert_eq!(tree(Value::Object(ours)), without_words(theirs), "{}", text);
    }

    #[test]
    fn reads_every_text_that_serde_writes(text in ".{0,40}", other in ".{0,40}") {
        let written = serde_json::json!({ "a": text, other.as_str(): [text, other] }).to_string();
        let object = Object::parse(written.as_bytes()).unwrap();
        let read = object.one("a").unwrap();
        prop_assert!(other == "a" || read.is_text(&text), "{}", written);
        prop_assert_eq!(
            tree(Value::Object(object)),
            serde_json::from_str::<serde_json::Value>(&written).unwrap()
        );
    }

    #[test]
    fn a_plain_text_ends_where_it_ends(front in "[ -~é]{0,20}", byte in any::<u8>()) {
        prop_assume!(!front.contains(['"', '\\']));
        let mut text = format!("{{\"a\":\"{front}").into_bytes();
        text.push(byte);
        text.extend(b"x\"}");
        let theirs = serde_json::from_slice::<serde_json::Value>(&text).is_ok();
        prop_assert_eq!(Object::parse(&text).is_some(), theirs, "{:?}", text);
    }

    #[test]
    fn distinct_names_are_distinct_whatever_their_spelling(nth in 0_usize..6, spelled: bool) {
        let name = ["a", "b", "c", "d", "e", "a"][nth];
        let code = format!("\\u{:04x}", u32::from(name.chars().next().unwrap()));
        let name = if spelled { &code } else { name };
        let text = format!(r#"{{"a":1,"{name}":2}}"#);
        let read = Distinct::read(text.as_bytes(), 2).map(|members| members.0.len());
        let want = if nth % 5 == 0 { Err(Rejection::Duplicated) } else { Ok(2) };
        prop_assert_eq!(read, want, "{}", text);
        prop_assert!(Distinct::read(text.as_bytes(), 1).is_err());
    }

    #[test]
    fn never_panics(text in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Object::parse(&text);
    }
}
