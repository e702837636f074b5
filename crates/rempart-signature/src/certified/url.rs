use std::fmt;
use std::sync::Arc;

/// Says where a certificate is, by the rules of its sender: nobody else can make one.
///
/// It begins with `https://` and a host of the sender's, without user or port, and has neither query
/// nor fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateUrl(Arc<str>);

impl CertificateUrl {
    /// The most characters of it.
    pub const MAX_LEN: usize = 256;

    /// Takes a URL whose host and path are of the sender's.
    pub(crate) fn read(
        text: &str,
        is_host: impl Fn(&str) -> bool,
        is_path: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let rest = text.strip_prefix("https://").filter(|_| text.len() <= Self::MAX_LEN)?;
        let (host, path) = rest.split_at_checked(rest.find('/')?)?;
        // No `%`, `?`, `#` or `\`: nothing that one reader takes for another path than the next.
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_');
        let straight = path.bytes().all(plain) && !path.contains("//") && !path.contains("..");
        (straight && is_host(host) && is_path(path)).then(|| Self(text.into()))
    }

    /// The URL, whole.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CertificateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
