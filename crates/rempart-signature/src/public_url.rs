mod origins;
mod query;

use std::fmt;
use std::str::FromStr;

use http::Uri;
use thiserror::Error;

pub(crate) use self::origins::{Origins, Spellings};
#[cfg(feature = "explain")]
pub(crate) use self::query::with_other_slash;

/// The URL under which senders know this service: an origin, and a path if a proxy takes one away.
///
/// Some senders sign the URL that they call. It is configuration and never the request's `Host`,
/// which is whatever the client says it is.
///
/// ```
/// use rempart_signature::PublicUrl;
///
/// let url: PublicUrl = "https://api.example.com".parse()?;
/// assert_eq!(url.as_str(), "https://api.example.com");
/// assert!("api.example.com".parse::<PublicUrl>().is_err());
/// # Ok::<(), rempart_signature::PublicUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    configured: String,
    /// The same with the scheme's port added or taken away.
    respelled: String,
}

impl PublicUrl {
    /// The text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.configured
    }

    /// The origin of a whole URL: for tools that are given the URL of one request.
    ///
    /// # Errors
    ///
    /// [`PublicUrlError`] if the URL has no scheme or host, or holds a user name.
    pub fn origin_of(url: &Uri) -> Result<Self, PublicUrlError> {
        Self::checked(url, "")
    }

    fn checked(uri: &Uri, path: &str) -> Result<Self, PublicUrlError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(PublicUrlError::NotAbsolute);
        };
        let port = match scheme.as_str() {
            "https" | "wss" => 443,
            "http" | "ws" => 80,
            _ => return Err(PublicUrlError::NotHttp),
        };
        if authority.as_str().contains('@') {
            return Err(PublicUrlError::UserInfo);
        }
        let host = authority.host();
        if host.is_empty() {
            return Err(PublicUrlError::NotAbsolute);
        }
        let respelled = match authority.port() {
            Some(_) => format!("{scheme}://{host}{path}"),
            None => format!("{scheme}://{host}:{port}{path}"),
        };
        Ok(Self { configured: format!("{scheme}://{authority}{path}"), respelled })
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(['?', '#']) {
            return Err(PublicUrlError::Query);
        }
        let uri: Uri = text.parse().map_err(|_| PublicUrlError::NotAbsolute)?;
        let path = uri.path();
        Self::checked(&uri, path.strip_suffix('/').unwrap_or(path))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.configured)
    }
}

/// Why a text is no public URL.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicUrlError {
    /// It must begin with a scheme and a host.
    #[error("a public URL begins with `https://` and a host")]
    NotAbsolute,
    /// It must be http or https, or a WebSocket's ws or wss.
    #[error("a public URL is https or http, or wss or ws")]
    NotHttp,
    /// Query and fragment are the request's, or nobody's.
    #[error("a public URL has neither query nor fragment")]
    Query,
    /// A user name or a password does not belong in a configuration that is printed.
    #[error("a public URL holds no user name")]
    UserInfo,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_both_spellings() {
        #[rustfmt::skip]
        let rows = [
            ("https://a.example",            "https://a.example",          "https://a.example:443"),
            ("https://a.example/",           "https://a.example",          "https://a.example:443"),
            ("https://a.example:443",        "https://a.example:443",      "https://a.example"),
            ("http://a.example",             "http://a.example",           "http://a.example:80"),
            ("http://127.0.0.1:8080",        "http://127.0.0.1:8080",      "http://127.0.0.1"),
            ("https://[::1]:8443",           "https://[::1]:8443",         "https://[::1]"),
            ("wss://a.example",              "wss://a.example",            "wss://a.example:443"),
            ("https://a.example/hooks/",     "https://a.example/hooks",    "https://a.example:443/hooks"),
        ];
        for (text, configured, respelled) in rows {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!((&*url.configured, &*url.respelled), (configured, respelled));
        }
    }

    #[test]
    fn refuses_what_is_no_public_url() {
        #[rustfmt::skip]
        let rows = [
            ("",                          PublicUrlError::NotAbsolute),
            ("a.example",                 PublicUrlError::NotAbsolute),
            ("/hooks",                    PublicUrlError::NotAbsolute),
            ("https://",                  PublicUrlError::NotAbsolute),
            ("https:// a.example",        PublicUrlError::NotAbsolute),
            ("ftp://a.example",           PublicUrlError::NotHttp),
            ("https://me:pw@a.example",   PublicUrlError::UserInfo),
            ("https://a.example?x=1",     PublicUrlError::Query),
            ("https://a.example#top",     PublicUrlError::Query),
        ];
        for (text, want) in rows {
            assert_eq!(text.parse::<PublicUrl>(), Err(want), "{text}");
        }
    }
}
