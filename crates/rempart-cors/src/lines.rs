use http::header::{GetAll, HeaderName};
use http::{HeaderMap, HeaderValue};

/// The lines of one header.
#[derive(Debug)]
pub(crate) enum Lines<'h> {
    None,
    One(&'h HeaderValue),
    Many(GetAll<'h, HeaderValue>),
}

impl<'h> Lines<'h> {
    pub(crate) fn of(headers: &'h HeaderMap, name: &HeaderName) -> Self {
        // Where no header has a second line, and that is nearly always, this costs one look.
        if headers.len() == headers.keys_len() {
            return headers.get(name).map_or(Self::None, Self::One);
        }
        let all = headers.get_all(name);
        let mut lines = all.iter();
        match (lines.next(), lines.next()) {
            (None, _) => Self::None,
            (Some(line), None) => Self::One(line),
            (Some(_), Some(_)) => Self::Many(all),
        }
    }
}
