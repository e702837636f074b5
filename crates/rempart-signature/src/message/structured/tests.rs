use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[test]
fn an_item_is_written_in_one_way() {
    #[rustfmt::skip]
    let rows = [
        ("1",                     Some("1")),
        ("  1  ",                 Some("1")),
        ("-0",                    Some("0")),
        ("007",                   Some("7")),
        ("999999999999999",       Some("999999999999999")),
        ("1000000000000000",      None),
        ("-",                     None),
        ("+1",                    None),
        ("1.0",                   Some("1.0")),
        ("1.50",                  Some("1.5")),
        ("-0.001",                Some("-0.001")),
        ("123456789012.125",      Some("123456789012.125")),
        ("1234567890123.1",       None),
        ("1.",                    None),
        ("1.1234",                None),
        (".5",                    None),
        (r#""a\"b\\""#,           Some(r#""a\"b\\""#)),
        (r#""a"#,                 None),
        (r#""a\n""#,              None),
        ("\"\u{7f}\"",            None),
        ("\"é\"",                 None),
        ("a/b:c*",                Some("a/b:c*")),
        ("*",                     Some("*")),
        ("a b",                   None),
        ("a,b",                   None),
        (":AQID:",                Some(":AQID:")),
        ("::",                    Some("::")),
        (":AQ==:",                Some(":AQ==:")),
        (":AQ:",                  None),
        (":AR==:",                None),
        (":A Q==:",               None),
        (":AQID",                 None),
        ("?0",                    Some("?0")),
        ("?2",                    None),
        ("?",                     None),
        ("@1659578233",           Some("@1659578233")),
        ("@-1",                   Some("@-1")),
        ("@1.5",                  None),
        ("@",                     None),
        (r#"%"f%c3%bc %22""#,     Some(r#"%"f%c3%bc %22""#)),
        (r#"%"%C3%BC""#,          None),
        (r#"%"%c3""#,             None),
        (r#"%""#,                 None),
        ("a;b;c=?1;d=?0",         Some("a;b;c;d=?0")),
        ("a; b",                  Some("a;b")),
        ("a ;b",                  None),
        ("a;b=1;c=2;b=3",         Some("a;b=3;c=2")),
        ("a;B",                   None),
        ("a;",                    None),
        ("",                      None),
        ("\t1",                   None),
    ];
    for (text, want) in rows {
        let got = Item::parse(text.as_bytes()).ok().map(|item| item.to_string());
        assert_eq!(got.as_deref(), want, "{text}");
    }
}

#[test]
fn a_dictionary_is_written_in_one_way() {
    #[rustfmt::skip]
    let rows = [
        ("",                      Some("")),
        ("a",                     Some("a")),
        ("a=?1;x",                Some("a;x")),
        ("a=1,b=2",               Some("a=1, b=2")),
        ("a=1 \t, \t b=2  ",      Some("a=1, b=2")),
        ("a=1,",                  None),
        ("a=1,,b=2",              None),
        (",a=1",                  None),
        ("a=1 b=2",               None),
        ("a=1\t",                 None),
        ("A=1",                   None),
        ("a=",                    None),
        ("a=1, b=2, a=3",         Some("a=3, b=2")),
        ("a=( 1  2 );x,b",        Some("a=(1 2);x, b")),
        ("a=()",                  Some("a=()")),
        ("a=(1",                  None),
        ("a=(1,2)",               None),
        ("a=(1\t2)",              None),
        ("a=(1 (2))",             None),
    ];
    for (text, want) in rows {
        let got = Dictionary::parse(text.as_bytes()).ok().map(|read| read.to_string());
        assert_eq!(got.as_deref(), want, "{text}");
    }
    assert_eq!(List::parse(b"a, (b c);d, 1.0").unwrap().to_string(), "a, (b c);d, 1.0");
    assert!(List::parse(b"a, ").is_err());
}

#[test]
fn a_signature_field_has_nothing_twice() {
    for (text, want) in [("a=1, b=2", true), ("a=1, a=1", false), ("a;x;y", true), ("a;x;x", false)]
    {
        assert_eq!(Dictionary::parse_unique(text.as_bytes(), 4).is_ok(), want, "{text}");
    }
    assert!(Dictionary::parse_unique(b"a, b, c, d", 4).is_ok());
    assert!(Dictionary::parse_unique(b"a, b, c, d, e", 4).is_err());
}

#[test]
fn a_field_is_bounded() {
    let members = |count: usize| (0..count).map(|nth| format!("a{nth}")).collect::<Vec<_>>();
    let read = |text: String| Dictionary::parse(text.as_bytes()).is_ok();
    assert!(read(members(MAX_MEMBERS).join(",")));
    assert!(!read(members(MAX_MEMBERS + 1).join(",")));
    assert!(read(format!("a=({})", members(MAX_MEMBERS).join(" "))));
    assert!(!read(format!("a=({})", members(MAX_MEMBERS + 1).join(" "))));
    assert!(read(format!("a;{}", members(MAX_MEMBERS).join(";"))));
    assert!(!read(format!("a;{}", members(MAX_MEMBERS + 1).join(";"))));
    assert!(read(format!("a={}", "b".repeat(MAX_LENGTH - 2))));
    assert!(!read(format!("a={}", "b".repeat(MAX_LENGTH - 1))));
}

#[test]
fn an_error_says_where() {
    assert_eq!(Dictionary::parse(b"a=1, B=2").unwrap_err().offset(), 5);
}

fn bare() -> impl Strategy<Value = BareItem> {
    let number = -999_999_999_999_999_i64..=999_999_999_999_999;
    prop_oneof![
        any::<bool>().prop_map(BareItem::Boolean),
        vec(any::<u8>(), 0..20).prop_map(BareItem::Bytes),
        number.clone().prop_map(BareItem::Date),
        number.clone().prop_map(BareItem::Decimal),
        ".{0,9}".prop_map(BareItem::DisplayString),
        number.prop_map(BareItem::Integer),
        "[ -~]{0,9}".prop_map(BareItem::String),
        "[a-zA-Z*][!#$%&'*+.^_`|~:/a-zA-Z0-9-]{0,9}".prop_map(BareItem::Token),
    ]
}

fn parameters() -> impl Strategy<Value = Parameters> {
    let all = proptest::collection::btree_map("[a-z*][a-z0-9_.*-]{0,5}", bare(), 0..4);
    all.prop_map(|all| Parameters(all.into_iter().collect()))
}

fn item() -> impl Strategy<Value = Item> {
    (bare(), parameters()).prop_map(|(value, parameters)| Item { value, parameters })
}

fn member() -> impl Strategy<Value = Member> {
    let list = (vec(item(), 0..4), parameters());
    prop_oneof![
        list.prop_map(|(items, parameters)| Member::InnerList(InnerList { items, parameters })),
        item().prop_map(Member::Item),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(members in proptest::collection::btree_map("[a-z*][a-z0-9_.*-]{0,5}", member(), 0..5)) {
        let list = List(members.values().cloned().collect());
        let dictionary = Dictionary(members.into_iter().collect());
        prop_assert_eq!(Dictionary::parse(dictionary.to_string().as_bytes()), Ok(dictionary));
        prop_assert_eq!(List::parse(list.to_string().as_bytes()), Ok(list));
    }

    #[test]
    fn whatever_is_read_is_written_so_that_it_reads_the_same(text in "[a-z0-9 =,;()\"?:@%*.\\\\-]{0,40}") {
        if let Ok(read) = Dictionary::parse(text.as_bytes()) {
            let written = read.to_string();
            prop_assert_eq!(Dictionary::parse(written.as_bytes()), Ok(read));
        }
        if let Ok(read) = Item::parse(text.as_bytes()) {
            prop_assert_eq!(Item::parse(read.to_string().as_bytes()), Ok(read));
        }
    }
}
