use std::fmt;
use std::net::Ipv6Addr;

use super::jwt;
use super::role::{SupabaseRole, VapiScope};

/// What a value must look like.
///
/// ```
/// use rempart_keys::Kind;
///
/// const KEY: Kind = Kind::AnyOf(&[Kind::Uuid, Kind::Prefix("made_up_")]);
/// assert_eq!(KEY.to_string(), "a UUID, or `made_up_` and at least 8 characters");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// One of several; none of them a choice itself.
    AnyOf(&'static [Kind]),
    /// A telephone number as in [E.164]: `+`, then 7 to 15 digits, the first of them not 0.
    ///
    /// [E.164]: https://www.itu.int/rec/T-REC-E.164
    E164,
    /// Pairs of hexadecimal digits.
    Hex,
    /// A signed token in the compact form ([RFC 7515 §7.1]), at most 8 KiB; nothing is verified.
    ///
    /// [RFC 7515 §7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
    Jwt,
    /// `http` or `https`, a host and perhaps a port, nothing after it.
    Origin,
    /// This text, and at least 8 letters, digits, `-` or `_` after it.
    Prefix(&'static str),
    /// A key of Supabase with this role: `sb_publishable_…` or `sb_secret_…`, or a JWT whose
    /// payload says the role.
    SupabaseKey(SupabaseRole),
    /// Any text without control characters; when server-only, of a
    /// [minimum length](crate::Variable::MIN_BYTES).
    Text,
    /// `AC` and 32 lower-case hexadecimal digits.
    TwilioSid,
    /// 32 lower-case hexadecimal digits.
    TwilioToken,
    /// A URL of one of these schemes; a user name or password only where none of them is of HTTP.
    Url(&'static [&'static str]),
    /// A UUID in the form of [RFC 9562 §4].
    ///
    /// [RFC 9562 §4]: https://www.rfc-editor.org/rfc/rfc9562#section-4
    Uuid,
    /// A key of Vapi with this scope: `vapi_sk_…` or `vapi_pk_…`, a JWT whose payload says the
    /// scope, or a UUID, which says none.
    VapiKey(VapiScope),
}

impl Kind {
    /// A URL of `https`.
    pub const HTTPS: Self = Self::Url(&["https"]);

    /// Checks a text; the error is the first wrong byte, where there is one.
    pub(super) fn check(self, text: &str) -> Result<(), Option<usize>> {
        match self {
            Self::AnyOf(kinds) => any_of(kinds, text),
            Self::E164 => e164(text),
            Self::Hex => length(text, text.len().is_multiple_of(2)).and_then(|()| hex(text, 0)),
            Self::Jwt => token(text),
            Self::Origin => url(text, &["http", "https"], true),
            Self::Prefix(prefix) => prefixed(text, prefix),
            Self::SupabaseKey(role) => match SupabaseRole::of(text) {
                Some(found) if found == role => key(text, role.prefix()),
                _ => Err(None),
            },
            Self::Text => Ok(()),
            Self::TwilioSid => {
                let digits = text.strip_prefix("AC").ok_or(Some(0))?;
                length(digits, digits.len() == 32).and_then(|()| lower_hex(digits, 2))
            }
            Self::TwilioToken => length(text, text.len() == 32).and_then(|()| lower_hex(text, 0)),
            Self::Url(schemes) => url(text, schemes, false),
            Self::Uuid => uuid(text),
            Self::VapiKey(scope) => match VapiScope::of(text) {
                Some(found) if found == scope => key(text, scope.prefix()),
                Some(_) => Err(None),
                None => uuid(text).map_err(|_| None),
            },
        }
    }

    /// The kind that stands in its place when two variables were swapped.
    pub(super) fn swapped(self, text: &str) -> Option<Self> {
        match self {
            Self::SupabaseKey(role) => {
                (SupabaseRole::of(text)? != role).then_some(Self::SupabaseKey(role.other()))
            }
            Self::VapiKey(scope) => {
                (VapiScope::of(text)? != scope).then_some(Self::VapiKey(scope.other()))
            }
            _ => None,
        }
    }

    /// Which of the kinds that are for a server alone a text is, as far as it says so itself.
    pub(super) fn server_only(text: &str) -> Option<Self> {
        let supabase = SupabaseRole::of(text).map(Self::SupabaseKey);
        let vapi = || VapiScope::of(text).map(Self::VapiKey);
        supabase.or_else(vapi).filter(|kind| kind.is_server_only())
    }

    /// Whether no value of this kind may be sent to a browser.
    pub(super) fn is_server_only(self) -> bool {
        match self {
            Self::AnyOf(kinds) => kinds.iter().any(|kind| match kind {
                // One level only, whatever a schema says that was never checked.
                Self::AnyOf(_) => false,
                kind => kind.is_server_only(),
            }),
            Self::SupabaseKey(role) => role == SupabaseRole::ServiceRole,
            Self::TwilioToken => true,
            Self::VapiKey(scope) => scope == VapiScope::Private,
            _ => false,
        }
    }

    /// Whether a random value of this kind can be made: hexadecimal digits are of all these.
    pub(super) const fn is_generated(self) -> bool {
        matches!(self, Self::Hex | Self::Text | Self::TwilioToken)
    }

    pub(super) fn is_nested(self) -> bool {
        let Self::AnyOf(kinds) = self else { return false };
        kinds.is_empty() || kinds.iter().any(|kind| matches!(kind, Self::AnyOf(_)))
    }
}

impl fmt::Display for Kind {
    /// A noun with its article.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyOf(kinds) => kinds.iter().enumerate().try_for_each(|(nth, kind)| {
                let separator = if nth == 0 { "" } else { ", or " };
                // One level only, whatever a schema says that was never checked.
                if let Self::AnyOf(_) = kind { Ok(()) } else { write!(f, "{separator}{kind}") }
            }),
            Self::E164 => f.write_str("a telephone number as in E.164 (`+` and 7 to 15 digits)"),
            Self::Hex => f.write_str("pairs of hexadecimal digits"),
            Self::Jwt => f.write_str("a JWT"),
            Self::Origin => f.write_str("an origin (`https://host`, nothing after it)"),
            Self::Prefix(prefix) => write!(f, "`{prefix}` and at least 8 characters"),
            Self::SupabaseKey(role) => write!(f, "a Supabase key of the role `{role}`"),
            Self::Text => f.write_str("a text"),
            Self::TwilioSid => f.write_str("`AC` and 32 lower-case hexadecimal digits"),
            Self::TwilioToken => f.write_str("32 lower-case hexadecimal digits"),
            Self::Url(schemes) => write!(f, "a URL of `{}`", schemes.join("` or `")),
            Self::Uuid => f.write_str("a UUID"),
            Self::VapiKey(scope) => write!(f, "a {scope} key of Vapi"),
        }
    }
}

type Checked = Result<(), Option<usize>>;

fn any_of(kinds: &[Kind], text: &str) -> Checked {
    let one = |kind: &Kind| !matches!(kind, Kind::AnyOf(_)) && kind.check(text).is_ok();
    if kinds.iter().any(one) { Ok(()) } else { Err(None) }
}

fn length(_: &str, right: bool) -> Checked {
    if right { Ok(()) } else { Err(None) }
}

/// Every byte of `text` is one of these, which stands `before` bytes into the value.
fn all(text: &str, before: usize, right: impl Fn(u8) -> bool) -> Checked {
    let wrong = text.bytes().position(|byte| !right(byte));
    wrong.map_or(Ok(()), |within| Err(Some(before.saturating_add(within))))
}

fn hex(text: &str, before: usize) -> Checked {
    all(text, before, |byte| byte.is_ascii_hexdigit())
}

fn lower_hex(text: &str, before: usize) -> Checked {
    all(text, before, |byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

fn e164(text: &str) -> Checked {
    let digits = text.strip_prefix('+').ok_or(Some(0))?;
    all(digits, 1, |byte| byte.is_ascii_digit())?;
    if digits.starts_with('0') {
        return Err(Some(1));
    }
    length(digits, (7..=15).contains(&digits.len()))
}

fn token(text: &str) -> Checked {
    let of_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    all(text, 0, of_base64)?;
    let mut parts = text.split('.');
    let three = [parts.next(), parts.next(), parts.next()];
    let full = three.iter().all(|part| part.is_some_and(|part| !part.is_empty()));
    // `{"` in Base64: every JOSE header begins so.
    length(
        text,
        full && parts.next().is_none() && text.len() <= jwt::MAX_LEN && text.starts_with("eyJ"),
    )
}

/// A key that begins as its maker's do, or else a token.
fn key(text: &str, prefix: &str) -> Checked {
    if text.starts_with(prefix) { prefixed(text, prefix) } else { token(text) }
}

fn prefixed(text: &str, prefix: &str) -> Checked {
    let rest = text.strip_prefix(prefix).ok_or(Some(0))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    all(rest, prefix.len(), plain)?;
    length(rest, rest.len() >= 8)
}

fn uuid(text: &str) -> Checked {
    length(text, text.len() == 36)?;
    let right = |nth: usize, byte: u8| match nth {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let wrong = text.bytes().enumerate().position(|(nth, byte)| !right(nth, byte));
    wrong.map_or(Ok(()), |at| Err(Some(at)))
}

fn url(text: &str, schemes: &[&str], bare: bool) -> Checked {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
    all(text, 0, allowed)?;
    let (scheme, rest) = text.split_once("://").ok_or(None)?;
    if !schemes.contains(&scheme) {
        return Err(Some(0));
    }
    let at = |part: &str| Some(text.len().saturating_sub(part.len()));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if bare && !path.is_empty() {
        return Err(at(path));
    }
    let of_http = schemes.iter().any(|scheme| scheme.starts_with("http"));
    let place = match authority.rsplit_once('@') {
        Some(_) if of_http => return Err(at(rest)),
        Some((_, place)) => place,
        None => authority,
    };
    if is_place(place) { Ok(()) } else { Err(at(rest)) }
}

/// A host and perhaps a port.
fn is_place(place: &str) -> bool {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => {
            ("v6", if port.is_empty() { None } else { Some(port.strip_prefix(':').unwrap_or("")) })
        }
        Some(_) => return false,
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(plain)
    };
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.is_none_or(|port| digits(port) && port.parse::<u16>().is_ok_and(|n| n > 0));
    port && host.len() <= 253 && host.split('.').all(label)
}
