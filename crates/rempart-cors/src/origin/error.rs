use std::error::Error;
use std::fmt;

/// Why a text is not an origin that a browser could send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum OriginError {
    /// There is no text.
    Empty,
    /// Sandboxed frames, `data:` pages and local files all say `null`, and so can any attacker.
    Null,
    /// A star stands for every subdomain or every port, and for nothing else.
    Wildcard,
    /// There is nothing under an address.
    WildcardAddress,
    /// Browsers send the punycode form of an international name.
    NotAscii,
    /// No origin can be this long.
    TooLong,
    /// There is no `://`.
    MissingScheme,
    /// `file:` pages send `null`.
    File,
    /// Neither `https` nor `http`.
    Scheme,
    /// Browsers send lower case.
    UpperCase,
    /// An `@` in front of the host.
    UserInfo,
    /// One slash too many.
    TrailingSlash,
    /// Something follows the host and port.
    Path,
    /// There is no host.
    EmptyHost,
    /// The DNS allows 253 bytes.
    HostTooLong,
    /// The root's dot.
    TrailingDot,
    /// Two dots in a row, or one at the start.
    EmptyLabel,
    /// The DNS allows 63 bytes.
    LabelTooLong,
    /// A label begins or ends with a hyphen.
    Hyphen,
    /// Host names have letters, digits, hyphens and underscores.
    HostByte,
    /// A label begins with `xn--` but does not decode ([RFC 3492]).
    ///
    /// [RFC 3492]: https://www.rfc-editor.org/rfc/rfc3492
    Punycode,
    /// The last label is a number, which makes the host an IPv4 address, and it is not one in
    /// dotted-decimal form.
    Ipv4,
    /// Brackets hold an IPv6 address, compressed as [RFC 5952] says.
    ///
    /// [RFC 5952]: https://www.rfc-editor.org/rfc/rfc5952
    Ipv6,
    /// An IPv4 address inside an IPv6 one.
    Ipv4Mapped,
    /// Not a number from 1 to 65535 without a leading zero.
    Port,
    /// Browsers leave it out.
    DefaultPort,
}

impl OriginError {
    /// The sentence, which a constant's evaluation can show too.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::Null => "`null` is what any sandboxed page sends; it cannot be trusted",
            Self::Wildcard => {
                "holds a wildcard where none can stand: lists know `https://*.example.com` and `http://localhost:*`"
            }
            Self::WildcardAddress => "holds a wildcard before an address, which has no subdomains",
            Self::NotAscii => {
                "is not ASCII; write the host in punycode (`xn--…`), as browsers send it"
            }
            Self::TooLong => "is longer than any origin (267 bytes)",
            Self::MissingScheme => "has no scheme; write `https://` in front",
            Self::File => "`file:` pages send `null`; they have no origin to allow",
            Self::Scheme => {
                "the scheme is neither `https` nor `http`; name others in `custom_schemes`"
            }
            Self::UpperCase => "holds upper-case letters; browsers send an origin in lower case",
            Self::UserInfo => "holds user information; an origin is scheme, host and port",
            Self::TrailingSlash => "ends in a slash; an origin has no path",
            Self::Path => {
                "holds a path, query, fragment or backslash; an origin is scheme, host and port"
            }
            Self::EmptyHost => "the host is empty",
            Self::HostTooLong => "the host is longer than 253 bytes",
            Self::TrailingDot => "the host ends in a dot, which makes it another origin",
            Self::EmptyLabel => "a label of the host is empty",
            Self::LabelTooLong => "a label of the host is longer than 63 bytes",
            Self::Hyphen => "a label of the host begins or ends with a hyphen",
            Self::HostByte => "the host holds a byte that no host name has",
            Self::Punycode => "a label beginning with `xn--` is not punycode of a non-ASCII name",
            Self::Ipv4 => {
                "the host ends in a number but is not an IPv4 address in dotted decimal form"
            }
            Self::Ipv6 => "the brackets do not hold an IPv6 address in its canonical form",
            Self::Ipv4Mapped => "holds an IPv4-mapped IPv6 address; write the IPv4 address",
            Self::Port => {
                "the port is not a number from 1 to 65535, written without a sign or leading zero"
            }
            Self::DefaultPort => "names the scheme's default port, which browsers leave out",
        }
    }
}

impl Error for OriginError {}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.message())
    }
}
