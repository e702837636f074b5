//! Other spellings of a path and query.

use std::fmt::Write;

use crate::Scheme;
use crate::form::decode;

/// The query as an encoder writes it that has read it: what twilio-node tries beside the query as it
/// came, since Twilio signs now the one and now the other.
///
/// That is how Node's `querystring` writes its parameters (`+` as `%20`, `%27` as `'`); where that
/// changes nothing, how a browser writes the query (`'` as `%27`). `None` if neither is another
/// text, or the parameters are too many, or not UTF-8: what is read as something else than was sent
/// may be signed for something else.
pub(super) fn respelled(path_and_query: &str) -> Option<String> {
    let (path, query) = path_and_query.split_once('?')?;
    let spelled = by_parameters(query)?;
    let spelled = if spelled == query { by_characters(query) } else { spelled };
    (spelled != query).then(|| format!("{path}?{spelled}"))
}

/// The path with a slash at its end, or without the one that it has; the query as it is.
pub(crate) fn with_other_slash(path_and_query: &str) -> String {
    let (path, query) = match path_and_query.find('?') {
        Some(at) => path_and_query.split_at_checked(at).unwrap_or((path_and_query, "")),
        None => (path_and_query, ""),
    };
    match path.strip_suffix('/') {
        Some(path) => format!("{path}{query}"),
        None => format!("{path}/{query}"),
    }
}

fn by_parameters(query: &str) -> Option<String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut spelled = String::with_capacity(query.len());
    for (pair, nth) in pairs.zip(0_usize..) {
        if nth == Scheme::MAX_PARAMETERS {
            return None;
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if nth > 0 {
            spelled.push('&');
        }
        escape(name, &mut spelled)?;
        spelled.push('=');
        escape(value, &mut spelled)?;
    }
    Some(spelled)
}

/// Decodes a text and writes it again, with all escaped but letters, digits and `-_.!~*'()`.
fn escape(text: &str, spelled: &mut String) -> Option<()> {
    let decoded = decode(text.as_bytes());
    str::from_utf8(&decoded).ok()?;
    for byte in &*decoded {
        let free = byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(byte);
        put(*byte, free, spelled);
    }
    Some(())
}

/// Escapes what browsers escape in a query ([WHATWG URL, the special-query percent-encode set]).
///
/// [WHATWG URL, the special-query percent-encode set]: https://url.spec.whatwg.org/#special-query-percent-encode-set
fn by_characters(query: &str) -> String {
    let mut spelled = String::with_capacity(query.len());
    for byte in query.bytes() {
        put(byte, byte.is_ascii_graphic() && !b"\"#'<>".contains(&byte), &mut spelled);
    }
    spelled
}

fn put(byte: u8, free: bool, spelled: &mut String) {
    if free {
        spelled.push(char::from(byte));
    } else {
        // A `String` takes whatever is written.
        let _ = write!(spelled, "%{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The right column is what Node's `querystring` or `URL` made of the left one.
    #[test]
    fn respells_as_node_does() {
        #[rustfmt::skip]
        let rows = [
            ("/p",              None),
            ("/p?",             None),
            ("/p?a=1&b=2",      None),
            ("/p?a=%2B1",       None),
            ("/p?a=(x)!*~",     None),
            ("/p?a=O'Brien",    Some("/p?a=O%27Brien")),
            ("/p?a=O%27Brien",  Some("/p?a=O'Brien")),
            ("/p?a=b+c",        Some("/p?a=b%20c")),
            ("/p?a=b%20c",      None),
            ("/p?a",            Some("/p?a=")),
            ("/p?&&a=1",        Some("/p?a=1")),
            ("/p?a=[x]",        Some("/p?a=%5Bx%5D")),
            ("/p?a=b=c",        Some("/p?a=b%3Dc")),
            ("/p?a=%c3%a9",     Some("/p?a=%C3%A9")),
            ("/p?a=é",          Some("/p?a=%C3%A9")),
            ("/p?a=%41",        Some("/p?a=A")),
            ("/p?a=x;y",        Some("/p?a=x%3By")),
            ("/p?a=@:/?",       Some("/p?a=%40%3A%2F%3F")),
            ("/p?a=%zz",        Some("/p?a=%25zz")),
            // Node reads another character where there is none; we read nothing.
            ("/p?a=%ff",        None),
        ];
        for (sent, want) in rows {
            assert_eq!(respelled(sent).as_deref(), want, "{sent}");
        }
        let many = |parameters: usize| format!("/p?b=+{}", "&a=1".repeat(parameters));
        assert!(respelled(&many(Scheme::MAX_PARAMETERS - 1)).is_some());
        assert_eq!(respelled(&many(Scheme::MAX_PARAMETERS)), None);
    }

    #[test]
    fn adds_a_slash_or_takes_it_away() {
        #[rustfmt::skip]
        let rows = [
            ("/media",        "/media/"),
            ("/media/",       "/media"),
            ("/media?a=1/",   "/media/?a=1/"),
            ("/media/?a=1",   "/media?a=1"),
            ("/",             ""),
        ];
        for (sent, want) in rows {
            assert_eq!(with_other_slash(sent), want, "{sent}");
        }
    }
}
