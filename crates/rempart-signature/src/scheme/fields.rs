use http::{HeaderMap, Method};

use super::{Part, signed_headers};

/// What a template's placeholders stand for in one message, all but its URL and its content.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    /// The names of the signed headers, and where their values are; if any are signed.
    pub(crate) headers: Option<(&'a [u8], &'a HeaderMap)>,
    pub(crate) id: &'a [u8],
    pub(crate) method: &'a Method,
    pub(crate) timestamp: &'a [u8],
    /// Whether some characters of the URL are signed as what they stand for.
    pub(crate) url_decoded: bool,
}

impl Fields<'_> {
    /// Gives `each` piece of a run of parts; nothing is joined, nothing is copied.
    pub(crate) fn feed(&self, parts: &[Part], url: [&str; 2], mut each: impl FnMut(&[u8])) {
        for part in parts {
            each(match part {
                // The content is fed as it arrives.
                Part::Body | Part::Form => continue,
                Part::HeaderNames => self.headers.map_or(&[], |(names, _)| names),
                Part::Id => self.id,
                Part::Literal(text) => text.as_bytes(),
                Part::Method => self.method.as_str().as_bytes(),
                Part::Timestamp => self.timestamp,
                Part::HeaderValues => {
                    self.feed_headers(&mut each);
                    continue;
                }
                Part::Url => {
                    self.feed_url(url, &mut each);
                    continue;
                }
            });
        }
    }

    #[cold]
    #[inline(never)]
    fn feed_headers(&self, each: &mut dyn FnMut(&[u8])) {
        if let Some((names, headers)) = self.headers {
            signed_headers::feed(names, headers, each);
        }
    }

    #[cold]
    #[inline(never)]
    fn feed_url(&self, url: [&str; 2], each: &mut dyn FnMut(&[u8])) {
        for piece in url {
            if self.url_decoded {
                feed_decoded(piece, each);
            } else {
                each(piece.as_bytes());
            }
        }
    }
}

/// Feeds a URL in which the characters that [`DECODED`] lists are not escaped.
fn feed_decoded(url: &str, each: &mut dyn FnMut(&[u8])) {
    let mut rest = url.as_bytes();
    while let Some(place) = memchr::memchr(b'%', rest) {
        let (plain, escape) = rest.split_at_checked(place).unwrap_or((rest, &[]));
        each(plain);
        let (escape, after) = escape.split_at_checked(3).unwrap_or((escape, &[]));
        let decoded = DECODED.iter().find(|(text, _)| text.eq_ignore_ascii_case(escape));
        if let Some((_, character)) = decoded {
            each(*character);
            rest = after;
        } else {
            each(b"%");
            rest = rest.get(place.saturating_add(1)..).unwrap_or_default();
        }
    }
    each(rest);
}

/// What [HubSpot] signs unescaped, and nothing else.
///
/// [HubSpot]: https://developers.hubspot.com/docs/api/webhooks/validating-requests
const DECODED: [(&[u8; 3], &[u8; 1]); 12] = [
    (b"%3A", b":"),
    (b"%2F", b"/"),
    (b"%3F", b"?"),
    (b"%40", b"@"),
    (b"%21", b"!"),
    (b"%24", b"$"),
    (b"%27", b"'"),
    (b"%28", b"("),
    (b"%29", b")"),
    (b"%2A", b"*"),
    (b"%2C", b","),
    (b"%3B", b";"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_decoded_where_it_is_signed_so() {
        #[rustfmt::skip]
        let rows = [
            ("/hooks?a=1",                    "/hooks?a=1"),
            ("/h?u=https%3A%2F%2Fa.example",  "/h?u=https://a.example"),
            ("/h?a=%3a%3A%2c",                "/h?a=::,"),
            ("/h?a=%20%25%C3%A9%26%3D",       "/h?a=%20%25%C3%A9%26%3D"),
            // Once, never twice.
            ("/h?a=%253A",                    "/h?a=%253A"),
            ("/h?%21%24%27%28%29%2A%3B%3F%40", "/h?!$'()*;?@"),
            ("/h?a=%",                        "/h?a=%"),
            ("/h?a=%3",                       "/h?a=%3"),
            ("/h?a=%%3A",                     "/h?a=%:"),
        ];
        for (url, signed) in rows {
            let mut decoded = Vec::new();
            feed_decoded(url, &mut |bytes: &[u8]| decoded.extend_from_slice(bytes));
            assert_eq!(String::from_utf8(decoded).unwrap(), signed, "{url}");
        }
    }
}
