use rempart_keys::dotenv::{DotenvFault, parse};

/// The dialect, as text and what comes of it.
#[rustfmt::skip]
const VALUES: [(&str, &[u8], &[(&str, &str)]); 50] = [
    ("nothing", b"", &[]),
    ("an empty line", b"\n", &[]),
    ("blank lines", b"\n \t\n\r\n", &[]),
    ("a comment", b"# A=1\n", &[]),
    ("an indented comment", b"  # A=1\n", &[]),
    ("a comment without end", b"#", &[]),
    ("a value", b"A=1\n", &[("A", "1")]),
    ("no line break at the end", b"A=1", &[("A", "1")]),
    ("CRLF", b"A=1\r\nB=2\r\n", &[("A", "1"), ("B", "2")]),
    ("LF and CRLF mixed", b"A=1\nB=2\r\nC=3", &[("A", "1"), ("B", "2"), ("C", "3")]),
    ("a byte order mark", b"\xef\xbb\xbfA=1\n", &[("A", "1")]),
    ("a byte order mark alone", b"\xef\xbb\xbf", &[]),
    ("export", b"export A=1\n", &[("A", "1")]),
    ("export and more blanks", b"export \t A=1\n", &[("A", "1")]),
    ("a variable named export", b"export=1\n", &[("export", "1")]),
    ("a name that begins with export", b"exported=1\n", &[("exported", "1")]),
    ("indentation", b"  A=1\n", &[("A", "1")]),
    ("an underscore first", b"_A=1\n", &[("_A", "1")]),
    ("digits in a name", b"A1_B2=1\n", &[("A1_B2", "1")]),
    ("small letters", b"a=1\n", &[("a", "1")]),
    ("names differ by case", b"a=1\nA=2\n", &[("a", "1"), ("A", "2")]),
    ("empty", b"A=\n", &[("A", "")]),
    ("empty at the end of the file", b"A=", &[("A", "")]),
    ("empty and blanks", b"A= \t\n", &[("A", "")]),
    ("empty in single quotes", b"A=''\n", &[("A", "")]),
    ("empty in double quotes", b"A=\"\"\n", &[("A", "")]),
    ("blanks after a value", b"A=1 \t \n", &[("A", "1")]),
    ("a comment after a value", b"A=1 # one\n", &[("A", "1")]),
    ("a comment after a tab", b"A=1\t# one\n", &[("A", "1")]),
    ("`#` inside a value", b"A=a#b\n", &[("A", "a#b")]),
    ("`#` first in a value", b"A=#b\n", &[("A", "#b")]),
    ("`=` inside a value", b"A=b=c==\n", &[("A", "b=c==")]),
    ("`$` is a `$`", b"A=pa$HOME\n", &[("A", "pa$HOME")]),
    ("braces too", b"A=${HOME}x\n", &[("A", "${HOME}x")]),
    ("a password hash", b"A=$2b$12$made.up/hash\n", &[("A", "$2b$12$made.up/hash")]),
    ("no command is run", b"A=$(id)\n", &[("A", "$(id)")]),
    ("a backslash without quotes", b"A=c:\\new\n", &[("A", "c:\\new")]),
    ("digits stay text", b"A=007\n", &[("A", "007")]),
    ("brackets stay text", b"A=[a]\n", &[("A", "[a]")]),
    ("letters beyond ASCII", "A=h\u{e9}l\u{e8}ne\n".as_bytes(), &[("A", "h\u{e9}l\u{e8}ne")]),
    ("single quotes", b"A='b c'\n", &[("A", "b c")]),
    ("single quotes are literal", b"A='\\n$B\"`#'\n", &[("A", "\\n$B\"`#")]),
    ("single quotes and a comment", b"A='b' # c\n", &[("A", "b")]),
    ("blanks are kept in quotes", b"A=' b '\n", &[("A", " b ")]),
    ("double quotes", b"A=\"b c\"\n", &[("A", "b c")]),
    ("double quotes and `$`", b"A=\"pa$HOME\"\n", &[("A", "pa$HOME")]),
    ("double quotes and others", b"A=\"it's `#` 1\"\n", &[("A", "it's `#` 1")]),
    ("every escape", b"A=\"\\n\\r\\t\\\\\\\"\\$\"\n", &[("A", "\n\r\t\\\"$")]),
    ("a tab in quotes", b"A=\"b\tc\"\n", &[("A", "b\tc")]),
    ("an escaped backslash before the end", b"A=\"b\\\\\" # c\n", &[("A", "b\\")]),
];

/// What is refused: on which line, at which byte of the file, and why.
#[rustfmt::skip]
const FAULTS: [(&str, &[u8], &[(usize, usize, DotenvFault)]); 40] = [
    ("no `=`", b"A\n", &[(1, 1, DotenvFault::MissingEquals)]),
    ("no `=` but blanks", b"A \n", &[(1, 1, DotenvFault::MissingEquals)]),
    ("export of a name alone", b"export A\n", &[(1, 8, DotenvFault::MissingEquals)]),
    ("export alone", b"export\n", &[(1, 6, DotenvFault::MissingEquals)]),
    ("no name", b"=1\n", &[(1, 0, DotenvFault::BadName)]),
    ("a digit first", b"1A=1\n", &[(1, 0, DotenvFault::BadName)]),
    ("a hyphen in a name", b"A-B=1\n", &[(1, 1, DotenvFault::BadName)]),
    ("a dot in a name", b"A.B=1\n", &[(1, 1, DotenvFault::BadName)]),
    ("a letter beyond ASCII in a name", "\u{c9}=1\n".as_bytes(), &[(1, 0, DotenvFault::BadName)]),
    ("two words", b"abc def ghi$'\n", &[(1, 4, DotenvFault::BadName)]),
    ("a colon", b"A: 1\n", &[(1, 1, DotenvFault::BadName)]),
    ("a quoted name", b"'A'=1\n", &[(1, 0, DotenvFault::BadName)]),
    ("a blank before `=`", b"A =1\n", &[(1, 1, DotenvFault::BlankAroundEquals)]),
    ("a blank after `=`", b"A= 1\n", &[(1, 2, DotenvFault::BlankAroundEquals)]),
    ("a tab after `=`", b"A=\t'1'\n", &[(1, 2, DotenvFault::BlankAroundEquals)]),
    ("a comment for a value", b"A= # none\n", &[(1, 2, DotenvFault::BlankAroundEquals)]),
    ("a blank inside", b"A=b c\n", &[(1, 3, DotenvFault::BlankInside)]),
    ("an apostrophe inside", b"A=it's\n", &[(1, 4, DotenvFault::QuoteInside)]),
    ("quotes that begin inside", b"A=pa$HOME'x'\n", &[(1, 9, DotenvFault::QuoteInside)]),
    ("double quotes inside", b"A=b\"c\"\n", &[(1, 3, DotenvFault::QuoteInside)]),
    ("backticks", b"A=`id`\n", &[(1, 2, DotenvFault::QuoteInside)]),
    ("single quotes not closed", b"A='b\n", &[(1, 2, DotenvFault::Unclosed)]),
    ("a lone single quote", b"A='", &[(1, 2, DotenvFault::Unclosed)]),
    ("double quotes not closed", b"A=\"b\n", &[(1, 2, DotenvFault::Unclosed)]),
    ("the closing quote escaped", b"A=\"b\\\"\n", &[(1, 2, DotenvFault::Unclosed)]),
    ("a value of two lines", b"A=\"b\nc\"\n",
        &[(1, 2, DotenvFault::Unclosed), (2, 6, DotenvFault::BadName)]),
    ("an escape that is none", b"A=\"b\\x41\"\n", &[(1, 4, DotenvFault::UnknownEscape)]),
    ("a continued line", b"A=\"b\\\nc\"\n",
        &[(1, 4, DotenvFault::UnknownEscape), (2, 7, DotenvFault::BadName)]),
    ("text after single quotes", b"A='b'c\n", &[(1, 5, DotenvFault::TrailingText)]),
    ("text after a blank", b"A='b' c\n", &[(1, 5, DotenvFault::TrailingText)]),
    ("two quoted parts", b"A='b''c'\n", &[(1, 5, DotenvFault::TrailingText)]),
    ("a comment too close", b"A=\"b\"#c\n", &[(1, 5, DotenvFault::TrailingText)]),
    ("a name twice", b"A=1\nB=2\nA=1\n", &[(3, 8, DotenvFault::Duplicate)]),
    ("NUL", b"A=b\0c\n", &[(1, 3, DotenvFault::ControlCharacter)]),
    ("NUL in a comment", b"# \0\n", &[(1, 2, DotenvFault::ControlCharacter)]),
    ("an escape character", b"A=\x1b[0m\n", &[(1, 2, DotenvFault::ControlCharacter)]),
    ("CR inside", b"A=b\rB=c\n", &[(1, 3, DotenvFault::ControlCharacter)]),
    ("CR at the end of the file", b"A=b\r", &[(1, 3, DotenvFault::ControlCharacter)]),
    ("not UTF-8", b"A=1\nB=\xff\n", &[(2, 6, DotenvFault::NotUtf8)]),
    ("UTF-16", b"\xff\xfeA\0=\0", &[(1, 0, DotenvFault::NotUtf8)]),
];

#[test]
fn reads_the_dialect() {
    for (row, text, want) in VALUES {
        let entries = parse(text).unwrap_or_else(|errors| panic!("{row}: {errors}"));
        let got: Vec<_> = entries.iter().map(|entry| (entry.name(), entry.expose())).collect();
        let want: Vec<_> = want.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        assert_eq!(got, want, "{row}");
    }
}

#[test]
fn refuses_the_rest_and_says_where() {
    for (row, text, want) in FAULTS {
        let errors = parse(text).expect_err(row);
        let got: Vec<_> = errors.iter().map(|e| (e.line, e.offset, e.fault)).collect();
        assert_eq!(got, want, "{row}");
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
    assert_eq!(entries.iter().map(rempart_keys::dotenv::Entry::line).collect::<Vec<_>>(), [3, 5]);
}

#[test]
fn an_entry_does_not_show_its_value() {
    let entries = parse(b"A=made-up-canary").unwrap();
    let shown = format!("{entries:?} {entries:#?}");
    assert!(shown.contains("\"A\"") && !shown.contains("canary"), "{shown}");
}
