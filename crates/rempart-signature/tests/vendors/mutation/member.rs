//! Times that stand in the body.

use rempart_signature::{Timestamp, TimestampSource};

use super::{Mutation, draft};
use crate::draft::Draft;

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    draft("signed with the time as a text",            |draft, _, _| member(draft, |name, time| format!(r#""{name}":"{time}""#))),
    draft("signed with the time in a list",            |draft, _, _| member(draft, |name, time| format!(r#""{name}":[{time}]"#))),
    draft("signed with the time one level down",       |draft, _, _| member(draft, |name, time| format!(r#""data":{{"{name}":{time}}}"#))),
    draft("signed with the time under another name",   |draft, _, _| member(draft, |name, time| format!(r#""{}":{time}"#, name.to_lowercase()))),
    draft("signed with an escape in the time's name",  |draft, _, _| member(draft, |name, time| format!(r#""\u{:04x}{}":{time}"#, u32::from(name.as_bytes()[0]), &name[1..]))),
    draft("signed with the time twice, the first old", |draft, _, _| member(draft, |name, time| format!(r#""{name}":1,"{name}":{time}"#))),
    draft("signed with the time twice, the last old",  |draft, _, _| member(draft, |name, time| format!(r#""{name}":{time},"{name}":1"#))),
    draft("signed with null for the time",             |draft, _, _| member(draft, |name, _| format!(r#""{name}":null"#))),
    draft("signed without the time",                   |draft, _, _| member(draft, |_, _| r#""a":1"#.to_owned())),
    draft("signed with blanks around the time",        |draft, _, _| member(draft, |name, time| format!(" \"{name}\"\t: \n {time} "))),
    draft("signed with half an object",                |draft, _, _| { draft.body.pop(); member(draft, |name, time| format!(r#""{name}":{time}"#)) }),
    draft("signed with more after the object",         |draft, _, _| { draft.body.extend(b"{}"); member(draft, |name, time| format!(r#""{name}":{time}"#)) }),
];

/// Writes the member otherwise.
fn member(draft: &mut Draft, write: impl FnOnce(&str, &str) -> String) -> bool {
    let source = draft.scheme.timestamp().map(Timestamp::source);
    let Some(TimestampSource::Member(name)) = source else { return false };
    let (name, time) = (name.to_string(), draft.timestamp.as_ref().unwrap());
    let written = format!(r#""{name}":{time}"#);
    let body = String::from_utf8(draft.body.clone()).unwrap();
    draft.body = body.replacen(&written, &write(&name, time), 1).into();
    true
}
