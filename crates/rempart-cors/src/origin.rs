mod address;
mod error;
mod host;
mod literal;
mod parts;
mod pattern;
mod patterns;
mod punycode;
mod set;
mod text;
mod words;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

pub use self::error::OriginError;
pub use self::literal::Literal;
use self::parts::Scheme;
pub(crate) use self::parts::{MAX_LEN, Parts};
pub(crate) use self::pattern::{Entry, Pattern};
pub(crate) use self::patterns::PatternSet;
#[cfg(feature = "psl")]
pub(crate) use self::patterns::public_suffix;
pub(crate) use self::set::OriginSet;
pub(crate) use self::words::Words;

/// One web origin, in the one form that browsers send.
///
/// Browsers serialise an origin as scheme, host and port, in lower case, with the default port
/// left out and nothing after it ([HTML, origin]). A text in any other form could never equal an
/// `Origin` header, so it is refused here instead of failing to match in silence.
///
/// ```
/// use rempart_cors::{Origin, OriginError};
///
/// let origin: Origin = "https://app.example.com:8443".parse()?;
/// assert_eq!((origin.scheme(), origin.host(), origin.port()), ("https", "app.example.com", 8443));
/// assert_eq!("https://app.example.com/".parse::<Origin>(), Err(OriginError::TrailingSlash));
/// assert_eq!("https://app.example.com:443".parse::<Origin>(), Err(OriginError::DefaultPort));
/// # Ok::<_, OriginError>(())
/// ```
///
/// # Security
///
/// Punycode labels (`xn--…`) must decode; whether the decoded name is one that IDNA allows, or that a
/// registry would hand out, is not looked up. Under the host of a pattern such a label is allowed:
/// what has that name is the owner's too, and no browser sends it.
///
/// [HTML, origin]: https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin {
    text: Cow<'static, str>,
    parts: Parts,
}

impl Origin {
    /// The origin of `host` over https, on its default port or on the one after a colon.
    ///
    /// # Errors
    ///
    /// What is wrong with `host`, as for parsing.
    pub fn https(host: &str) -> Result<Self, OriginError> {
        format!("https://{host}").parse()
    }

    /// The text, as browsers send it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.parts.scheme.as_str()
    }

    /// The host; an IPv6 address keeps its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.parts.host(&self.text)
    }

    /// The port, the scheme's default when none is written.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.parts.port.unwrap_or(self.parts.scheme.default_port())
    }

    /// Whether nobody on the network between can speak for this origin: it is https, or it never
    /// leaves the machine.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.parts.scheme == Scheme::Https || self.is_local()
    }

    /// The host and the port, as a `Host` header has them.
    pub(crate) fn authority(&self) -> &str {
        self.text.split_once("://").map_or(&*self.text, |(_, authority)| authority)
    }

    pub(crate) const fn has_default_port(&self) -> bool {
        self.parts.port.is_none()
    }

    /// Whether the host is this machine: a loopback address, `localhost` or a name under it.
    pub(crate) fn is_local(&self) -> bool {
        host::is_loopback(self.host())
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let parts = Parts::parse(text.as_bytes())?;
        Ok(Self { text: Cow::Owned(text.to_owned()), parts })
    }
}

impl AsRef<str> for Origin {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
