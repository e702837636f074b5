//! Wrong ways to tell a preflight, and to judge what it asks for.

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, Method};

use super::{Lines, Model, NAMES, RIGHT, are_caught, is_method, is_name, split};

const fn kind(is_preflight: fn(&Method, &HeaderMap) -> bool) -> Model {
    Model { is_preflight, ..RIGHT }
}

const fn method(method: fn(&Lines) -> bool) -> Model {
    Model { method, ..RIGHT }
}

const fn names(names: fn(&Lines, &Lines) -> bool) -> Model {
    Model { names, ..RIGHT }
}

/// Judges each name by itself, without a bound.
fn each(lines: &Lines, is: impl Fn(&[u8]) -> bool) -> bool {
    split(lines).0.iter().all(|name| is(name))
}

fn one(lines: &Lines, is: impl Fn(&[u8]) -> bool) -> bool {
    matches!(&lines[..], [line] if is(line))
}

#[rustfmt::skip]
const MISTAKES: [(&str, Model); 34] = [
    ("every OPTIONS is a preflight",                   kind(|method, _| *method == Method::OPTIONS)),
    ("one without a method is a preflight",            kind(|method, headers| *method == Method::OPTIONS && headers.contains_key(ORIGIN))),
    ("one without an origin is a preflight",           kind(|method, headers| *method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD))),
    ("a request of any method is a preflight",         kind(|_, headers| headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD))),
    ("nothing is a preflight",                         kind(|_, _| false)),
    ("one with an empty method is none",               kind(|method, headers| {
        (RIGHT.is_preflight)(method, headers) && headers.get(ACCESS_CONTROL_REQUEST_METHOD).is_some_and(|method| !method.is_empty())
    })),
    ("the origin is not looked at",                    Model { origin: |lines| !lines.is_empty(), ..RIGHT }),
    ("every method is allowed",                        method(|_| true)),
    ("no method is safelisted",                        method(|lines| (RIGHT.method)(lines) && !one(lines, |line| matches!(line, b"GET" | b"HEAD" | b"POST")))),
    ("HEAD is not safelisted",                         method(|lines| (RIGHT.method)(lines) && !one(lines, |line| line == b"HEAD"))),
    ("OPTIONS is safelisted",                          method(|lines| (RIGHT.method)(lines) || one(lines, |line| line == b"OPTIONS"))),
    ("methods of any case are allowed",                method(|lines| one(lines, |line| is_method(&line.to_ascii_uppercase())))),
    ("`*` is a method of the list",                    method(|lines| (RIGHT.method)(lines) || one(lines, |line| line == b"*"))),
    ("what browsers forbid is allowed",                method(|lines| (RIGHT.method)(lines) || one(lines, |line| matches!(line, b"TRACE" | b"CONNECT" | b"TRACK")))),
    ("an empty method is allowed",                     method(|lines| (RIGHT.method)(lines) || one(lines, <[u8]>::is_empty))),
    ("a list of methods is allowed",                   method(|lines| one(lines, |line| line.split(|byte| *byte == b',').all(|method| is_method(method.trim_ascii()))))),
    ("the first line of the method counts",            method(|lines| lines.first().is_some_and(|line| is_method(line)))),
    ("the last line of the method counts",             method(|lines| lines.last().is_some_and(|line| is_method(line)))),
    ("every header is allowed",                        names(|_, _| true)),
    ("every header is, if the method is safelisted",   names(|lines, method| (RIGHT.names)(lines, method) || one(method, |line| line == b"GET"))),
    ("one allowed header is enough",                   names(|lines, _| lines.is_empty() || split(lines).0.is_empty() || split(lines).0.iter().any(|name| is_name(name)))),
    ("the first line of the headers counts",           names(|lines, method| (RIGHT.names)(&lines.iter().take(1).cloned().collect(), method))),
    ("the last line of the headers counts",            names(|lines, method| (RIGHT.names)(&lines.last().into_iter().cloned().collect(), method))),
    ("a second line is refused",                       names(|lines, method| lines.len() <= 1 && (RIGHT.names)(lines, method))),
    ("a prefix of a name is allowed",                  names(|lines, _| each(lines, |name| NAMES.iter().any(|one| one.as_bytes().starts_with(name))))),
    ("a name is allowed with more behind it",          names(|lines, _| each(lines, |name| NAMES.iter().any(|one| name.starts_with(one.as_bytes()))))),
    ("capitals are refused",                           names(|lines, method| (RIGHT.names)(lines, method) && !lines.concat().iter().any(u8::is_ascii_uppercase))),
    ("another order is refused",                       names(|lines, method| (RIGHT.names)(lines, method) && split(lines).0.is_sorted())),
    ("blanks are refused",                             names(|lines, method| (RIGHT.names)(lines, method) && !lines.concat().contains(&b' '))),
    ("semicolons part names",                          names(|lines, method| {
        let parted = lines.iter().map(|line| line.iter().map(|byte| if *byte == b';' { b',' } else { *byte }).collect());
        (RIGHT.names)(&parted.collect(), method)
    })),
    ("`*` is a header of the list",                    names(|lines, method| (RIGHT.names)(lines, method) || one(lines, |line| line == b"*"))),
    ("an empty list is refused",                       names(|lines, method| (RIGHT.names)(lines, method) && !one(lines, <[u8]>::is_empty))),
    ("a name may stand as often as it likes",          names(|lines, _| each(lines, is_name) && split(lines).1 <= 16)),
    ("empty elements are not counted",                 names(|lines, _| {
        let (names, _) = split(lines);
        each(lines, is_name) && names.len() <= 4
    })),
];

#[test]
fn in_judging_preflights_are_told_by_a_case() {
    are_caught(&MISTAKES);
}
