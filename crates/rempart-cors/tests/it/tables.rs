//! The form of the case tables.

use http::Method;
use rempart_cors::corpus::{self, CaseError, Verdict};

#[test]
fn escapes_say_every_byte_and_every_line() {
    let lines = |field: &str| {
        let line = format!("1\tGET\t<absent>\t<absent>\t{field}");
        let case = corpus::parse(&line).next().unwrap().unwrap();
        let values = case.headers().get_all("access-control-request-headers").iter();
        values.map(|value| value.as_bytes().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(lines("<absent>"), [] as [&[u8]; 0]);
    assert_eq!(lines("<empty>"), [b""]);
    assert_eq!(lines(""), [b""]);
    assert_eq!(lines(" a\\tb "), [b" a\tb "]);
    assert_eq!(lines("a\\nb"), [b"a", b"b"]);
    assert_eq!(lines("\\\\n"), [b"\\n"]);
    assert_eq!(lines("\\xff\\x41"), [b"\xffA"]);
    assert_eq!(lines("é"), ["é".as_bytes()]);
    assert_eq!(lines("{repeat:ab:3}c"), [b"abababc"]);
    assert_eq!(lines("{repeat:a\\n:2}"), [b"a" as &[u8], b"a", b""]);
    assert_eq!(lines("{repeat:::2}"), [b"::"]);
    assert_eq!(lines("{repeat:a:0}"), [b""]);
    assert_eq!(lines("{a}"), [b"{a}"]);
    assert_eq!(lines("{repeat:,:1048576}")[0].len(), 1 << 20);
}

#[test]
fn columns_past_the_requested_headers_may_be_left_out() {
    let table = "id\tmethod\torigin\tacrm\tacrh\twant\treason\n\n\
                 A\tPATCH\t<absent>\t<absent>\t<absent>\tno-cors\tbecause\n\
                 B\tGET\tnull\t<absent>\t<absent>\r\n";
    let cases: Vec<_> = corpus::parse(table).map(Result::unwrap).collect();
    let [first, second] = &cases[..] else { panic!("{cases:?}") };
    assert_eq!((first.id(), first.reason()), ("A", "because"));
    assert_eq!((first.method(), first.want()), (&Method::PATCH, Some(Verdict::NoCors)));
    assert_eq!((second.id(), second.want(), second.reason()), ("B", None, ""));
    assert_eq!(second.request().headers()["origin"], "null");
}

#[test]
fn a_line_that_holds_no_case_is_named() {
    let name = "acrh";
    #[rustfmt::skip]
    let rows = [
        ("1",                                               CaseError::Column { name: "method" }),
        ("1\tGET\t<absent>\t<absent>",                      CaseError::Column { name }),
        ("1\tG T\t<absent>\t<absent>\t<absent>",            CaseError::Method),
        ("1\t\t<absent>\t<absent>\t<absent>",               CaseError::Method),
        ("1\tGET\t<absent>\t<absent>\t\\q",                 CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t\\",                  CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t\\x4",                CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t\\x+4",               CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t\\x0a",               CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t\\xé",                CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t{repeat:a",           CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t{repeat:a}",          CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t{repeat:a:x}",        CaseError::Escape { name }),
        ("1\tGET\t<absent>\t<absent>\t{repeat:a:4194305}",  CaseError::TooLong { name }),
        ("1\tGET\t<absent>\t<absent>\t{repeat:ab:18446744073709551615}", CaseError::TooLong { name }),
        ("1\tGET\t<absent>\t<absent>\t\\x00",               CaseError::Value { name }),
        ("1\tGET\t<absent>\t<absent>\t<absent>\tmaybe",     CaseError::Verdict),
        ("id\tmethod\torigin\tacrm\tacrh\twant",           CaseError::Verdict),
    ];
    for (line, want) in rows {
        let table = format!("\n{line}\n");
        let fault = corpus::parse(&table).next().unwrap().unwrap_err();
        assert_eq!((fault.line, fault.fault), (2, want), "{line:?}");
    }
}
