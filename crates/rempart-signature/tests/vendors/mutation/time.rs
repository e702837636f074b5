//! Times: far away, or written as no sender writes them.

use std::time::Duration;

use rempart_signature::{Extraction, Scheme, Timestamp, TimestampSource};

use super::{Mutation, draft, signed};
use crate::draft::{Draft, Signed, stamp};
use crate::rows::Row;

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    draft("it arrives at the last moment",       |draft, row, _| late(draft, row, 0)),
    draft("it arrives a second too late",        |draft, row, _| late(draft, row, 1)),
    draft("it arrives an hour late",             |draft, row, _| late(draft, row, 3600)),
    draft("it arrives ten seconds early",        |draft, _, _| early(draft, 10)),
    draft("it arrives a minute early",           |draft, _, _| early(draft, 60)),
    draft("it arrives two minutes early",        |draft, _, _| early(draft, 120)),
    draft("it arrives a day early",              |draft, _, _| early(draft, 86_400)),

    draft("signed with a time that begins with 0",     |draft, _, _| write(draft, |text| format!("0{text}"))),
    draft("signed with a time that begins with +",     |draft, _, _| write(draft, |text| format!("+{text}"))),
    draft("signed with a negative time",               |draft, _, _| write(draft, |text| format!("-{text}"))),
    draft("signed with a fraction of a second",        |draft, _, _| write(draft, |text| format!("{text}.0"))),
    draft("signed with an exponent",                   |draft, _, _| write(draft, |text| format!("{text}e0"))),
    draft("signed with _ between digits of the time",  |draft, _, _| write(draft, |text| text.replacen('1', "1_", 1))),
    draft("signed with letters after the time",        |draft, _, _| write(draft, |text| format!("{text}abc"))),
    draft("signed with a time of 20 digits",           |draft, _, _| write(draft, |text| format!("{text}{text}"))),
    draft("signed with a hexadecimal time",            |draft, _, _| write(draft, |text| hexadecimal(&text))),
    draft("signed with a time in milliseconds",        |draft, _, _| write(draft, |text| format!("{text}000"))),
    draft("signed with no time in it",                 |draft, _, _| write(draft, |_| String::new())),
    draft("signed with a time that is no number",      |draft, _, _| write(draft, |_| "NaN".to_owned())),
    draft("signed with the time as a date",            |draft, _, _| write(draft, |_| "2023-11-14T22:13:20Z".to_owned())),

    signed("the time is another second",               |signed, _| rewrite(signed, |text| next(&text))),
    signed("a 0 is put before the time",               |signed, _| rewrite(signed, |text| format!("0{text}"))),
    signed("a + is put before the time",               |signed, _| rewrite(signed, |text| format!("+{text}"))),
    signed("a - is put before the time",               |signed, _| rewrite(signed, |text| format!("-{text}"))),
    signed("a fraction is put after the time",         |signed, _| rewrite(signed, |text| format!("{text}.0"))),
    signed("an exponent is put after the time",        |signed, _| rewrite(signed, |text| format!("{text}e0"))),
    signed("_ is put between digits of the time",      |signed, _| rewrite(signed, |text| text.replacen('1', "1_", 1))),
    signed("letters are put after the time",           |signed, _| rewrite(signed, |text| format!("{text}abc"))),
    signed("a fraction of half a second is put on",    |signed, _| rewrite(signed, |text| format!("{text}.5"))),
    signed("a blank is put into the time",             |signed, _| rewrite(signed, |text| text.replacen('1', "1 ", 1))),
    signed("the time is written in hexadecimal",       |signed, _| rewrite(signed, |text| hexadecimal(&text))),
    signed("the time gets the digits of another script", |signed, _| rewrite(signed, |text| text.replace('1', "١"))),
    signed("the time is taken out",                    |signed, _| rewrite(signed, |_| String::new())),
    signed("the time is the least of 64 bits",         |signed, _| rewrite(signed, |_| i64::MIN.to_string())),
    signed("the time is past 64 bits",                 |signed, _| rewrite(signed, |_| u128::MAX.to_string())),
];

/// So many seconds after the last moment of theirs and ours.
fn late(draft: &mut Draft, row: &Row, seconds: u64) -> bool {
    draft.now = draft.sent + Duration::from_secs(row.past + seconds);
    draft.timestamp.is_some()
}

fn early(draft: &mut Draft, seconds: u64) -> bool {
    draft.now = draft.sent.saturating_sub(Duration::from_secs(seconds));
    draft.timestamp.is_some()
}

fn write(draft: &mut Draft, change: impl FnOnce(String) -> String) -> bool {
    let Some(text) = draft.timestamp.clone() else { return false };
    let changed = change(text.clone());
    draft.stamp(&changed);
    changed != text
}

/// Wherever it stands.
fn rewrite(signed: &mut Signed, change: impl FnOnce(String) -> String) -> bool {
    let Some(text) = signed.draft.timestamp.clone() else { return false };
    let changed = change(text.clone());
    if is_element(&signed.draft.scheme) {
        signed.elements[0] = signed.elements[0].replace(&text, &changed);
    }
    signed.draft.stamp(&changed);
    changed != text
}

fn is_element(scheme: &Scheme) -> bool {
    let source = scheme.timestamp().map(Timestamp::source);
    matches!(source, Some(TimestampSource::Element(_)))
        && matches!(scheme.extraction(), Extraction::Elements(_))
}

/// Dates have no next number.
fn next(text: &str) -> String {
    text.parse::<u64>().map_or_else(|_| text.to_owned(), |number| (number + 1).to_string())
}

fn hexadecimal(text: &str) -> String {
    text.parse::<u64>().map_or_else(|_| text.to_owned(), |number| format!("{number:#x}"))
}

/// The time, when it was sent, and when it arrives: in time, and in the past of both.
pub(super) fn in_time(
    scheme: &Scheme,
    past: u64,
    chance: &mut crate::chance::Chance,
) -> (Option<String>, Duration, Duration) {
    let at = Duration::from_secs(1_700_000_000 + u64::try_from(chance.below(100_000_000)).unwrap());
    let later = u64::try_from(chance.below(usize::try_from(past).unwrap() + 1)).unwrap();
    (stamp(scheme, at), at, at + Duration::from_secs(later))
}
