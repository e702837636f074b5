use std::fmt;
use std::time::Duration;

use rempart_core::KeyId;

use crate::TimeUnit;

/// Why a request was refused, as far as guesses go. Prints as one sentence, which holds no secret,
/// no signature and nothing of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Explanation {
    /// The body is not the one that was signed.
    Body(BodyChange),
    /// The body has more than 64 KiB: nothing was tried.
    BodyTooLong,
    /// A key made the signature that is good no more.
    Key {
        /// Which.
        key: KeyId,
        /// How it ended.
        end: KeyEnd,
    },
    /// There is no signature at all, of any scheme that is known.
    NoSignature,
    /// There is a signature, of these schemes.
    OtherScheme {
        /// Their names, a few at most.
        schemes: Vec<String>,
    },
    /// The secret is made into a key in another way than the sender does it.
    Secret(SecretChange),
    /// The signature is written otherwise than the scheme says.
    Signature(SignatureChange),
    /// The clocks differ, or the request was on its way for long, or somebody sends it again.
    TimeOff {
        /// Whether the signed time lies ahead of now.
        ahead: bool,
        /// How far.
        by: Duration,
    },
    /// The time is in another unit than the scheme says.
    TimeUnit {
        /// The one it was sent in.
        sent: TimeUnit,
    },
    /// Nothing of what was tried.
    Unexplained,
    /// Another URL was signed than the one that is configured.
    Url(UrlChange),
}

/// What became of a body on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BodyChange {
    /// A byte-order mark stands before it.
    ByteOrderMark,
    /// Its lines end in CR LF, and did not.
    CrLf,
    /// It was JSON without blanks, and has some.
    Json,
    /// Its lines ended in CR LF.
    Lf,
    /// A line end was added.
    LineEndAdded,
    /// A line end was taken away.
    LineEndTaken,
}

/// How a key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyEnd {
    /// Its time as a retiring key is over.
    Retired,
    /// It was revoked.
    Revoked,
}

/// How a sender makes a key of its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretChange {
    /// It decodes it from Base64, without `whsec_` if that stands before it.
    Base64,
    /// It decodes it from hexadecimal digits.
    Hex,
    /// It has a line end after it, which the sender takes for a part of it.
    LineEnd,
    /// It has `whsec_` before it, which belongs to it.
    Prefix,
    /// It takes it as it is.
    Verbatim,
    /// It takes it as it is, without `whsec_`.
    WithoutPrefix,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureChange {
    /// In Base64.
    Base64,
    /// In hexadecimal digits.
    Hex,
    /// Without the text that the scheme has before it.
    Prefix,
}

/// Which URL was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlChange {
    /// The one of the request's `Host`.
    Host,
    /// No trusted proxy forwards a host that is configured.
    NotForwarded,
    /// The one without the query.
    Query,
    /// The one with another scheme: `http` in place of `https`, or the other way round.
    Scheme,
    /// The one with a slash at the end of the path, or without it.
    Slash,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(change) => write!(f, "the body is not the one that was signed: {change}"),
            Self::BodyTooLong => f.write_str("the body has more than 64 KiB, nothing was tried"),
            Self::Key { key, end: KeyEnd::Retired } => {
                write!(f, "key `{key}` made the signature, and its time is over")
            }
            Self::Key { key, end: KeyEnd::Revoked } => {
                write!(f, "key `{key}` made the signature, and it is revoked")
            }
            Self::NoSignature => f.write_str("there is no header with a signature"),
            Self::OtherScheme { schemes } => {
                write!(f, "there is a header of another scheme: {}", schemes.join(", "))
            }
            Self::Secret(change) => write!(f, "the sender {change}"),
            Self::Signature(change) => write!(f, "the signature is written {change}"),
            Self::TimeOff { ahead, by } => {
                let (seconds, where_to) = (by.as_secs(), if *ahead { "ahead" } else { "back" });
                write!(
                    f,
                    "the signed time lies {seconds} s {where_to}: a clock is off, or it is sent again"
                )
            }
            Self::TimeUnit { sent } => {
                let unit = if *sent == TimeUnit::Millis { "milliseconds" } else { "seconds" };
                write!(f, "the signed time would be good if it were read in {unit}")
            }
            Self::Unexplained => f.write_str("none of the usual mistakes"),
            Self::Url(change) => write!(f, "the URL is not the one that was signed: {change}"),
        }
    }
}

impl fmt::Display for BodyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrderMark => "a byte-order mark was put before it",
            Self::CrLf => "its lines end in CR LF now",
            Self::Json => "it was JSON without blanks, and something wrote it again",
            Self::Lf => "its lines ended in CR LF",
            Self::LineEndAdded => "a line end was added",
            Self::LineEndTaken => "a line end was taken away",
        })
    }
}

impl fmt::Display for SecretChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 => "decodes the secret from Base64 (without `whsec_`)",
            Self::Hex => "decodes the secret from hexadecimal digits",
            Self::LineEnd => "has a line end after its secret",
            Self::Prefix => "has `whsec_` before its secret, as a part of it",
            Self::Verbatim => "takes the secret as it is, and decodes nothing",
            Self::WithoutPrefix => "takes the secret as it is, without `whsec_`",
        })
    }
}

impl fmt::Display for SignatureChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 => "in Base64",
            Self::Hex => "in hexadecimal digits, or in capitals",
            Self::Prefix => "without the text that the scheme has before it",
        })
    }
}

impl fmt::Display for UrlChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "it has the host of the request's own `Host`",
            Self::NotForwarded => "no trusted proxy forwards a host that is configured",
            Self::Query => "it has no query",
            Self::Scheme => "it has another scheme (`http` for `https`, or the reverse)",
            Self::Slash => "it has a slash at the end of its path, or the configured one has",
        })
    }
}
