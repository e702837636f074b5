use std::borrow::Cow;

use http::header;

use crate::{Head, PublicUrl, Rejection};

/// An origin under which senders know the service: the one source of `@authority`, `@scheme` and
/// `@target-uri`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) scheme: String,
    /// In lower case, without the scheme's own port.
    pub(crate) authority: String,
    /// What a proxy or a router takes away, without a slash at its end.
    pub(crate) path: String,
}

impl Origin {
    pub(crate) fn of(url: &PublicUrl) -> Self {
        let (scheme, rest) = url.as_str().split_once("://").unwrap_or(("https", url.as_str()));
        let (authority, path) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
            Some((authority, path)) => (authority, path),
            None => (rest, ""),
        };
        let scheme = scheme.to_ascii_lowercase();
        Self { authority: normalised(&scheme, authority), path: path.to_owned(), scheme }
    }

    fn is_called(&self, host: &str) -> bool {
        normalised(&self.scheme, host) == self.authority
    }
}

/// In lower case, without the port that the scheme implies.
fn normalised(scheme: &str, authority: &str) -> String {
    let authority = authority.to_ascii_lowercase();
    let own = if scheme == "http" { ":80" } else { ":443" };
    match authority.strip_suffix(own) {
        Some(host) => host.to_owned(),
        None => authority,
    }
}

/// The host that a trusted proxy says was called, or the client: good to choose among origins, and
/// not believed, for what the signer called is signed.
fn called<'a>(head: &Head<'a>) -> Option<Cow<'a, str>> {
    if let Some((host, _)) = head.forwarded() {
        let port = host.port().map(|port| format!(":{port}")).unwrap_or_default();
        return Some(Cow::Owned(format!("{}{port}", host.host())));
    }
    if let Some(authority) = head.uri.authority() {
        return Some(Cow::Borrowed(authority.as_str()));
    }
    let mut lines = head.headers.get_all(header::HOST).iter();
    match (lines.next(), lines.next()) {
        (Some(host), None) => host.to_str().ok().map(Cow::Borrowed),
        _ => None,
    }
}

/// The origin that was called: the only one, or the one that is named.
pub(crate) fn chosen<'o>(origins: &'o [Origin], head: &Head<'_>) -> Result<&'o Origin, Rejection> {
    if let [origin] = origins {
        return Ok(origin);
    }
    let host = called(head).ok_or(Rejection::HostNotAllowed)?;
    origins.iter().find(|origin| origin.is_called(&host)).ok_or(Rejection::HostNotAllowed)
}

/// Refuses a host that a signer covered, and that is none of ours.
pub(crate) fn check_host(origins: &[Origin], head: &Head<'_>) -> Result<(), Rejection> {
    let lines = head.headers.get_all(header::HOST);
    let ours = |host: &str| origins.iter().any(|origin| origin.is_called(host));
    for line in lines {
        if !line.to_str().is_ok_and(|host| ours(host.trim_ascii())) {
            return Err(Rejection::HostNotAllowed);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_in_one_way() {
        #[rustfmt::skip]
        let rows = [
            ("https://API.example.com",          ("https", "api.example.com", "")),
            ("https://api.example.com:443",      ("https", "api.example.com", "")),
            ("http://api.example.com:80/in",     ("http", "api.example.com", "/in")),
            ("https://api.example.com:80",       ("https", "api.example.com:80", "")),
            ("http://127.0.0.1:8080",            ("http", "127.0.0.1:8080", "")),
            ("https://[::1]:8443/a/b/",          ("https", "[::1]:8443", "/a/b")),
        ];
        for (url, (scheme, authority, path)) in rows {
            let origin = Origin::of(&url.parse().unwrap());
            let got = (origin.scheme.as_str(), origin.authority.as_str(), origin.path.as_str());
            assert_eq!(got, (scheme, authority, path), "{url}");
        }
    }
}
