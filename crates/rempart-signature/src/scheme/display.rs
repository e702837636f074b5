use std::fmt;

use super::{
    Encoding, Extraction, HexCase, Member, Scheme, SecretForm, TimeUnit, TimestampSource, UrlForm,
    Window,
};
use crate::Algorithm;

impl fmt::Display for Scheme {
    /// What an operator asks of a scheme, a line each.
    ///
    /// ```
    /// use rempart_signature::Scheme;
    ///
    /// let printed = Scheme::stripe().to_string();
    /// assert_eq!(printed, "\
    /// stripe
    ///   signs {timestamp}.{body}
    ///   with hmac-sha256, the key as text of at least 16 bytes
    ///   in stripe-signature, a list of elements `v1=` set apart by `,`, lower-case hexadecimal
    ///   time in the element `t`, seconds, 300s back and 60s ahead
    ///   covers the body, of at most 1048576 bytes");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name())?;
        if self.algorithm == Algorithm::SharedSecret {
            write!(f, "  sends the secret itself")?;
        } else {
            write!(f, "  signs {}\n  with {}, the key", self.template, self.algorithm)?;
        }
        write!(f, " as {}", self.secret_form)?;
        if self.secret_form != SecretForm::PublicKey {
            write!(f, " of at least {} bytes", self.min_secret)?;
        }
        f.write_str("\n  in ")?;
        if let Some(header) = &self.header {
            write!(f, "{header}")?;
        }
        self.further.iter().try_for_each(|header| write!(f, " or {header}"))?;
        write!(f, "{}", self.extraction)?;
        if let Some(other) = &self.alternative {
            write!(f, ", or all of it in {} and its kin", other.signature())?;
        }
        if self.encoding != Encoding::Plain {
            write!(f, ", {}", self.encoding)?;
        }
        if let Some(timestamp) = &self.timestamp {
            let (source, unit) = (timestamp.source(), timestamp.counts());
            write!(f, "\n  time in {source}, {unit}, {}", timestamp.accepted())?;
        }
        match (self.id(), self.id_member()) {
            (Some(header), _) => write!(f, "\n  id in {header}")?,
            (_, Some(member)) => write!(f, "\n  id in {}", Quoted(member))?,
            (None, None) => {}
        }
        if (self.id().is_some() && !self.template.signs_id()) && self.id_member().is_none() {
            write!(f, ", not signed")?;
        }
        if let Some(headers) = &self.signed_headers {
            write!(f, "\n  headers in the element `{}`", headers.key())?;
            headers.required().iter().try_for_each(|header| write!(f, ", {header} among them"))?;
        }
        if let Some(parameter) = &self.digest_parameter {
            write!(f, "\n  digest of a body that is no form in the parameter `{parameter}`")?;
        }
        if self.url_form != UrlForm::AsConfigured {
            write!(f, "\n  url {}", self.url_form)?;
        }
        write!(f, "\n  covers {}, ", Covered(self))?;
        write!(f, "of at most {} bytes", self.body_limit)
    }
}

struct Covered<'a>(&'a Scheme);

impl fmt::Display for Covered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.coverage() {
            super::Coverage::Body => "the body",
            super::Coverage::Fields => "some fields and not the body",
            super::Coverage::None => "nothing, not the body either",
        })
    }
}

/// A member, as it is told from a header.
struct Quoted<'a>(&'a Member);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the member `{}` of the body", self.0)
    }
}

impl fmt::Display for Extraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elements(elements) => {
                let (assign, separator) = (elements.assign(), elements.separator());
                let (assign, separator) = (char::from(assign), char::from(separator));
                let key = elements.signature();
                write!(f, ", a list of elements `{key}{assign}` set apart by `{separator}`")
            }
            Self::Member(member) => write!(f, "{}", Quoted(member)),
            Self::Prefixed(prefix) if prefix.is_empty() => Ok(()),
            Self::Prefixed(prefix) => write!(f, ", after `{prefix}`"),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Base64 => "Base64",
            Self::Base64Der => "Base64 of DER",
            Self::Hex(HexCase::Any) => "hexadecimal in any case",
            Self::Hex(HexCase::Lower) => "lower-case hexadecimal",
            Self::Plain => "as it is",
        })
    }
}

impl fmt::Display for SecretForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (form, prefix) = match self {
            Self::Base64 { prefix } => ("Base64", prefix),
            Self::Base64List { prefix } => ("a list of Base64, set apart by `|`,", prefix),
            Self::Basic => return f.write_str("a user's name and password"),
            Self::Hex { prefix } => ("hexadecimal", prefix),
            Self::PublicKey => return f.write_str("one half of a pair of keys"),
            Self::Text => return f.write_str("text"),
        };
        f.write_str(form)?;
        if prefix.is_empty() { Ok(()) } else { write!(f, " after `{prefix}`") }
    }
}

impl fmt::Display for TimestampSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(key) => write!(f, "the element `{key}`"),
            Self::Header(header) => write!(f, "{header}"),
            Self::Member(member) => write!(f, "{}", Quoted(member)),
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Auto => "seconds or milliseconds",
            Self::Millis => "milliseconds",
            Self::Rfc3339 => "a date as in RFC 3339",
            Self::Seconds => "seconds",
        })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} back and {:?} ahead", self.past(), self.future())
    }
}

impl fmt::Display for UrlForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AsConfigured => "as configured",
            Self::Decoded => "with the escapes of twelve marks undone",
            Self::Respelled => "with and without its port, its query as it came or written again",
            Self::WebSocket => "of a WebSocket, with and without its port and a slash at its end",
            Self::WithAndWithoutPort => "with and without its port",
        })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
