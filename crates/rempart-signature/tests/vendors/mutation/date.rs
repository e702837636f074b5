//! Dates, where a time is one.

use rempart_signature::{TimeUnit, Timestamp};

use super::{Mutation, draft};
use crate::draft::Draft;

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    draft("signed with a date with an offset",         |draft, _, _| end(draft, "+00:00")),
    draft("signed with a date of an unknown offset",   |draft, _, _| end(draft, "-00:00")),
    draft("signed with an offset without a colon",     |draft, _, _| end(draft, "+0000")),
    draft("signed with an offset of hours",            |draft, _, _| end(draft, "+00")),
    draft("signed with a date that says no offset",    |draft, _, _| end(draft, "")),
    draft("signed with a date and milliseconds",       |draft, _, _| end(draft, ".123Z")),
    draft("signed with a date and nanoseconds",        |draft, _, _| end(draft, ".123456789Z")),
    draft("signed with a date and a bare dot",         |draft, _, _| end(draft, ".Z")),
    draft("signed with a date and a word",             |draft, _, _| end(draft, " GMT")),
    draft("signed with a date in lower case",          |draft, _, _| date(draft, str::to_ascii_lowercase)),
    draft("signed with a date and a blank for its T",  |draft, _, _| date(draft, |text| text.replace('T', " "))),
    draft("signed with a date without dashes",         |draft, _, _| date(draft, |text| text.replace('-', ""))),
    draft("signed with a date without seconds",        |draft, _, _| date(draft, |text| format!("{}Z", &text[..16]))),
    draft("signed with a day alone",                   |draft, _, _| date(draft, |text| text[..10].to_owned())),
    draft("signed with a thirteenth month",            |draft, _, _| date(draft, |text| format!("{}13{}", &text[..5], &text[7..]))),
];

fn date(draft: &mut Draft, change: impl FnOnce(&str) -> String) -> bool {
    if draft.scheme.timestamp().map(Timestamp::counts) != Some(TimeUnit::Rfc3339) {
        return false;
    }
    let changed = change(draft.timestamp.as_ref().unwrap());
    draft.stamp(&changed);
    true
}

fn end(draft: &mut Draft, end: &str) -> bool {
    date(draft, |text| text.replace('Z', end))
}
