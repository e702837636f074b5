use http::Uri;
use http::uri::{PathAndQuery, Scheme};

/// A name of an endpoint: a key of a structured dictionary ([RFC 9651 §3.1.2]) that is a token
/// as well, since `report-to` takes it as one; at most 32 bytes.
///
/// [RFC 9651 §3.1.2]: https://www.rfc-editor.org/rfc/rfc9651#section-3.1.2
pub(crate) fn is_endpoint_name(name: &str) -> bool {
    let in_name = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(in_name)
}

/// An address that reports may be sent to: `https://…`, or a path of the page's own origin.
///
/// Browsers refuse to report in the clear ([Reporting API §3.2]).
///
/// [Reporting API §3.2]: https://www.w3.org/TR/reporting-1/#header
pub(crate) fn is_report_url(url: &str) -> bool {
    // What would end a directive, a dictionary's member or a string.
    let ends = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b';' | b',' | b'"' | b'\\');
    if url.len() > MAX_URL || url.bytes().any(ends) || url.contains('#') {
        return false;
    }
    if url.starts_with('/') {
        return !url.starts_with("//") && url.parse::<PathAndQuery>().is_ok();
    }
    url.parse::<Uri>().is_ok_and(|uri| {
        uri.scheme() == Some(&Scheme::HTTPS)
            && uri.authority().is_some_and(|it| !it.host().is_empty() && !it.as_str().contains('@'))
    })
}

/// `Reporting-Endpoints`: a dictionary of names and strings.
pub(crate) fn render_endpoints<'a>(
    endpoints: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let members = endpoints.map(|(name, url)| format!("{name}=\"{url}\""));
    members.reduce(|all, member| format!("{all}, {member}"))
}

/// In bytes, as for a source.
const MAX_URL: usize = 1024;
