use http::uri::Authority;
use http::{Extensions, HeaderMap, HeaderName};

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The host that the client asked for, as a trusted proxy tells it.
///
/// An extension of the request, set by [`ClientAddrLayer`](crate::ClientAddrLayer) where
/// [`TrustedProxies::with_forwarded_host`](crate::TrustedProxies::with_forwarded_host) asks for it.
/// The proxy has it from the client: compare it with the hosts that are yours.
///
/// ```
/// use rempart_core::ClientHost;
///
/// let host = ClientHost::new("api.example.com:8443").ok_or("no host")?;
/// assert_eq!((host.host(), host.port()), ("api.example.com", Some(8443)));
/// assert_eq!(ClientHost::new("me@api.example.com"), None);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientHost(Authority);

impl ClientHost {
    /// The most bytes that are read.
    pub const MAX_BYTES: usize = 260;

    /// Reads a host and perhaps a port; `None` if it is none, or holds a user name.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > Self::MAX_BYTES || text.contains('@') {
            return None;
        }
        let authority: Authority = text.parse().ok()?;
        let readable = match text.strip_prefix(authority.host())?.strip_prefix(':') {
            Some(port) => port.parse::<u16>().is_ok() && authority.port_u16().is_some(),
            None => true,
        };
        (!authority.host().is_empty() && readable).then_some(Self(authority))
    }

    /// The host of the request that carries these extensions, if it is known.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// The name or address, in the case in which it came.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// The port, if one was named.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.0.port_u16()
    }

    /// One line with one value: of two hosts nothing says which.
    pub(super) fn forwarded(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(X_FORWARDED_HOST).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else { return None };
        Self::new(line.to_str().ok()?)
    }
}
