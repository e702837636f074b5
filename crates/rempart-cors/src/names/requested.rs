use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use rempart_core::Faults;

use super::{FORBIDDEN_IN_REQUESTS, check, is_token, promoted};
use crate::Rejection;
use crate::error::{ConfigError, Field};
use crate::lines::Lines;
use crate::list::List;

/// The bytes of a preflight's list that are looked at, over all its lines. Sixty-four names of the
/// usual length are 1 KiB; a longer list is refused by its length, unread.
const MAX_BYTES: usize = 4096;
/// Browsers send one line; an intermediary may split it.
const MAX_LINES: usize = 16;
/// [RFC 9110 §5.6.1.2] asks that "a reasonable number" be ignored.
///
/// [RFC 9110 §5.6.1.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1.2
const MAX_EMPTY: usize = 16;

/// The request headers that a preflight may ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestHeaders {
    any: bool,
    /// At most 64, in lower case.
    listed: Box<[Box<str>]>,
    /// `Access-Control-Allow-Headers`; `None` when nothing is allowed.
    pub(crate) rendered: Option<HeaderValue>,
}

impl RequestHeaders {
    pub(crate) fn check(list: &List, faults: &mut Faults<ConfigError>) -> Self {
        let forbidden = |name: &str| {
            FORBIDDEN_IN_REQUESTS.contains(&name)
                || name.starts_with("proxy-")
                || name.starts_with("sec-")
        };
        let names = check(Field::RequestHeaders, list, faults, forbidden);
        let mut names: Vec<&str> = names.iter().map(HeaderName::as_str).collect();
        let listed = names.iter().copied().map(Box::from).collect();
        if list.any {
            names.insert(0, "*");
        }
        let rendered = if names.is_empty() { None } else { promoted(&names.join(", ")) };
        Self { any: list.any, listed, rendered }
    }

    /// Whether every name of a preflight's list may be sent.
    ///
    /// Names come in any order and any ASCII case, over several lines, with blanks around them
    /// ([RFC 9110 §5.6.1]); each at most once.
    ///
    /// [RFC 9110 §5.6.1]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1
    pub(crate) fn admit(&self, lines: &Lines<'_>) -> Result<(), Rejection> {
        let mut scan = Scan { headers: self, seen: 0, spare: MAX_EMPTY };
        match lines {
            Lines::None => Ok(()),
            Lines::One(line) if line.len() > MAX_BYTES => Err(Rejection::HeadersTooLarge),
            Lines::One(line) => scan.line(line.as_bytes()),
            Lines::Many(lines) => {
                // Lengths first: what is over them costs the same whatever its size.
                let mut bytes = 0_usize;
                for (nth, line) in lines.iter().enumerate() {
                    bytes = bytes.saturating_add(line.len());
                    if nth >= MAX_LINES || bytes > MAX_BYTES {
                        return Err(Rejection::HeadersTooLarge);
                    }
                }
                lines.iter().try_for_each(|line| scan.line(line.as_bytes()))
            }
        }
    }

    /// The bit of a listed name; none for a name that only `*` covers.
    fn admit_one(&self, name: &[u8]) -> Result<u64, Rejection> {
        let is = |listed: &[u8]| {
            // Browsers write lower case, and comparing that is quicker.
            listed.len() == name.len() && (listed == name || listed.eq_ignore_ascii_case(name))
        };
        let mut bit = 1_u64;
        for listed in &self.listed {
            if is(listed.as_bytes()) {
                return Ok(bit);
            }
            bit = bit.wrapping_shl(1);
        }
        if !is_token(name) {
            return Err(Rejection::HeadersMalformed);
        }
        if self.any && !name.eq_ignore_ascii_case(AUTHORIZATION.as_str().as_bytes()) {
            return Ok(0);
        }
        Err(Rejection::HeaderNotAllowed)
    }
}

/// One pass over the lines of a list.
struct Scan<'a> {
    headers: &'a RequestHeaders,
    /// The names met so far, a bit each.
    seen: u64,
    /// How many more empty elements are borne with.
    spare: usize,
}

impl Scan<'_> {
    fn line(&mut self, mut rest: &[u8]) -> Result<(), Rejection> {
        loop {
            let end = rest.iter().position(|byte| *byte == b',');
            let (element, tail) = rest.split_at(end.unwrap_or(rest.len()));
            self.element(trim(element))?;
            match tail {
                [_, tail @ ..] => rest = tail,
                [] => return Ok(()),
            }
        }
    }

    fn element(&mut self, name: &[u8]) -> Result<(), Rejection> {
        if name.is_empty() {
            self.spare = self.spare.checked_sub(1).ok_or(Rejection::HeadersTooLarge)?;
            return Ok(());
        }
        let bit = self.headers.admit_one(name)?;
        if self.seen & bit != 0 {
            return Err(Rejection::HeaderDuplicated);
        }
        self.seen |= bit;
        Ok(())
    }
}

/// Without the blanks around it (`OWS`).
fn trim(mut element: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = element {
        element = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = element {
        element = rest;
    }
    element
}
