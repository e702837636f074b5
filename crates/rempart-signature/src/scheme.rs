//! Schemes as data: what a sender signs, and how it writes the signature down.

mod accessors;
mod alternative;
mod boundary;
mod check;
mod coverage;
mod credential;
mod display;
mod encoding;
mod extraction;
mod fields;
mod member;
mod preset;
mod public_key;
mod rfc3339;
mod secret_form;
mod sign;
mod signatures;
mod signed_headers;
mod template;
mod timestamp;
mod vapi;
#[cfg(feature = "serde")]
mod written;

use std::borrow::Cow;

use http::HeaderName;

pub use self::alternative::HeaderFamily;
pub use self::coverage::{Coverage, UrlForm};
pub(crate) use self::credential::{Credential, Headers};
pub(crate) use self::encoding::decode_hex;
pub use self::encoding::{Encoding, HexCase};
pub use self::extraction::{Elements, Extraction};
pub(crate) use self::fields::Fields;
pub use self::member::Member;
pub use self::secret_form::SecretForm;
pub use self::sign::{Message, SignError};
pub(crate) use self::signatures::Signatures;
pub use self::signed_headers::SignedHeaders;
pub use self::template::{Part, Template, TemplateError};
pub(crate) use self::timestamp::{Place, Time};
pub use self::timestamp::{TimeUnit, Timestamp, TimestampSource, Window};
pub use self::vapi::{VapiAlgorithm, VapiCredential, VapiEncoding};
use crate::Algorithm;

/// Describes a way to sign requests. A value: presets are values, and can be altered.
///
/// ```
/// use http::HeaderName;
/// use rempart_signature::{Coverage, Scheme, TimeUnit, Timestamp};
///
/// // What Vapi signs when nothing is changed in its dashboard…
/// let scheme = Scheme::vapi_timestamped();
/// assert_eq!(scheme.template().to_string(), "{timestamp}.{body}");
///
/// // … and the same from a sender of one's own.
/// let scheme = Scheme::new("acme", HeaderName::from_static("x-acme-signature"))
///     .with_template("{timestamp}:{body}".parse()?)
///     .with_timestamp(
///         Timestamp::header(HeaderName::from_static("x-acme-time")).unit(TimeUnit::Millis),
///     );
/// assert_eq!(scheme.coverage(), Coverage::Body);
/// # Ok::<(), rempart_signature::TemplateError>(())
/// ```
///
/// Nothing is checked here: a [`Policy`](crate::Policy) checks its scheme when it is built, and
/// names every part that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    name: Cow<'static, str>,
    header: Option<HeaderName>,
    further: Vec<HeaderName>,
    alternative: Option<HeaderFamily>,
    extraction: Extraction,
    encoding: Encoding,
    algorithm: Algorithm,
    secret_form: SecretForm,
    min_secret: usize,
    template: Template,
    timestamp: Option<Timestamp>,
    id: Option<IdSource>,
    signed_headers: Option<SignedHeaders>,
    digest_parameter: Option<Cow<'static, str>>,
    url_form: UrlForm,
    body_limit: u64,
}

/// Says where a message's id stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
enum IdSource {
    Header(#[cfg_attr(feature = "serde", serde(with = "self::written::header"))] HeaderName),
    Member(Member),
}

impl Scheme {
    /// The most signatures that a request may carry.
    pub const MAX_SIGNATURES: usize = 16;

    /// The most signatures that a request may carry where public keys verify them: each costs a
    /// forger nothing, and the verifier as much as hashing some hundred kilobytes, for each key.
    pub const MAX_PUBLIC_KEY_SIGNATURES: usize = 4;

    pub(crate) const fn most_signatures(algorithm: Algorithm) -> usize {
        if algorithm.is_mac() { Self::MAX_SIGNATURES } else { Self::MAX_PUBLIC_KEY_SIGNATURES }
    }

    /// The most bytes that the header of a signature, a timestamp or an id may have.
    pub const MAX_HEADER: usize = 4096;

    /// The most parameters a form may have.
    pub const MAX_PARAMETERS: usize = 1000;

    /// The longest body by default: 1 MiB.
    pub const BODY_LIMIT: u64 = 1024 * 1024;

    /// The longest form by default: 64 KiB.
    pub const FORM_LIMIT: u64 = 64 * 1024;

    /// The fewest bytes of a secret that a scheme may ask for, and asks for by default; see [`with_min_secret`](Self::with_min_secret).
    pub const MIN_SECRET: usize = 16;

    /// Starts with the commonest scheme: one lower-case hexadecimal HMAC-SHA-256 of the body, alone
    /// in `header`, without a time.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, header: HeaderName) -> Self {
        Self {
            name: name.into(),
            header: Some(header),
            further: Vec::new(),
            alternative: None,
            extraction: Extraction::WHOLE,
            encoding: Encoding::Hex(HexCase::Lower),
            algorithm: Algorithm::HmacSha256,
            secret_form: SecretForm::Text,
            min_secret: Self::MIN_SECRET,
            template: Template::BODY,
            timestamp: None,
            id: None,
            signed_headers: None,
            digest_parameter: None,
            url_form: UrlForm::AsConfigured,
            body_limit: Self::BODY_LIMIT,
        }
    }

    /// Starts with a secret that is sent as it is, in `header`. It covers nothing of the message.
    ///
    /// ```
    /// use http::HeaderName;
    /// use rempart_signature::{Coverage, Scheme};
    ///
    /// let scheme = Scheme::shared_secret("acme", HeaderName::from_static("x-acme-token"));
    /// assert_eq!(scheme.coverage(), Coverage::None);
    /// ```
    #[must_use]
    pub fn shared_secret(name: impl Into<Cow<'static, str>>, header: HeaderName) -> Self {
        Self::new(name, header)
            .with_algorithm(Algorithm::SharedSecret)
            .with_encoding(Encoding::Plain)
            .with_template(Template::NOTHING)
    }

    /// Starts with a signature that stands in the JSON body. It covers nothing of the message yet,
    /// and can never cover the body.
    #[must_use]
    pub fn in_body(name: impl Into<Cow<'static, str>>, signature: Member) -> Self {
        Self {
            header: None,
            extraction: Extraction::Member(signature),
            template: Template::NOTHING,
            ..Self::new(name, http::header::HOST)
        }
    }

    /// Goes by another name in [`Verified`](crate::Verified).
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Finds signatures in another header.
    #[must_use]
    pub fn with_header(mut self, header: HeaderName) -> Self {
        self.header = Some(header);
        self
    }

    /// Finds signatures in this header too: one of them has to be there, and one signature has to
    /// be good, whichever header it stands in and whichever key made it.
    ///
    /// At most [`MAX_SIGNATURES`](Self::MAX_SIGNATURES) headers.
    #[must_use]
    pub fn with_further_header(mut self, header: HeaderName) -> Self {
        self.further.push(header);
        self
    }

    /// Reads requests in these headers that have nothing in the scheme's own.
    #[must_use]
    pub fn with_alternative(mut self, family: HeaderFamily) -> Self {
        self.alternative = Some(family);
        self
    }

    /// Finds signatures elsewhere in the header's value.
    #[must_use]
    pub fn with_extraction(mut self, extraction: Extraction) -> Self {
        self.extraction = extraction;
        self
    }

    /// Reads signatures written otherwise.
    #[must_use]
    pub const fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Signs otherwise. What verifies with public keys needs [`SecretForm::PublicKey`] too.
    #[must_use]
    pub const fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Makes keys of secrets in another way.
    #[must_use]
    pub fn with_secret_form(mut self, form: SecretForm) -> Self {
        self.secret_form = form;
        self
    }

    /// Asks for keys of at least so many bytes.
    ///
    /// What a person can remember, a machine can guess: one signed request is all it needs to try
    /// its guesses against. Fewer than [`MIN_SECRET`](Self::MIN_SECRET) are a fault of the policy, but
    /// with [`dangerously_short_secrets`](crate::PolicyBuilder::dangerously_short_secrets).
    #[must_use]
    pub const fn with_min_secret(mut self, bytes: usize) -> Self {
        self.min_secret = bytes;
        self
    }

    /// Signs other bytes.
    #[must_use]
    pub fn with_template(mut self, template: Template) -> Self {
        self.template = template;
        self
    }

    /// Signs the body alone: no time and no id, no header and no URL.
    #[must_use]
    pub fn body_only(self) -> Self {
        Self {
            template: Template::BODY,
            timestamp: None,
            signed_headers: None,
            digest_parameter: None,
            url_form: UrlForm::AsConfigured,
            ..self
        }
    }

    /// Refuses requests whose signed time is too far from now.
    #[must_use]
    pub fn with_timestamp(mut self, timestamp: Timestamp) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Takes the message's id from this header. It is a signed one if the template holds `{id}`.
    #[must_use]
    pub fn with_id(mut self, header: HeaderName) -> Self {
        self.id = Some(IdSource::Header(header));
        self
    }

    /// Takes the message's id from this member of the JSON body, which the signature has to cover.
    ///
    /// It is read once the signature is known to be good. A body that came in several frames is
    /// copied once for it.
    #[must_use]
    pub fn with_id_member(mut self, member: Member) -> Self {
        self.id = Some(IdSource::Member(member));
        self
    }

    /// Lets the sender sign headers, and say which. For templates with `{header-names}` and
    /// `{header-values}`.
    #[must_use]
    pub fn with_signed_headers(mut self, headers: SignedHeaders) -> Self {
        self.signed_headers = Some(headers);
        self
    }

    /// Lets a body that is no form be covered by its SHA-256, in hexadecimal, in this parameter of
    /// the signed URL. Only for templates with `{url}` and `{form}`.
    #[must_use]
    pub fn with_digest_parameter(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.digest_parameter = Some(name.into());
        self
    }

    /// Says which spellings of the public URL the sender may have signed.
    #[must_use]
    pub const fn with_url_form(mut self, form: UrlForm) -> Self {
        self.url_form = form;
        self
    }

    /// Takes bodies of at most so many bytes, unless the policy says otherwise.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }
}
