//! Schemes as data: what a sender signs, and how it writes the signature down.

mod alternative;
mod boundary;
mod check;
mod credential;
mod encoding;
mod extraction;
mod fields;
mod preset;
mod public_key;
mod secret_form;
mod sign;
mod signatures;
mod template;
mod timestamp;

use std::borrow::Cow;

use http::HeaderName;

pub use self::alternative::HeaderFamily;
pub(crate) use self::credential::{Credential, Headers};
pub(crate) use self::encoding::decode_hex;
pub use self::encoding::{Encoding, HexCase};
pub use self::extraction::{Elements, Extraction};
pub(crate) use self::fields::Fields;
pub use self::secret_form::SecretForm;
pub use self::sign::{Message, SignError};
pub(crate) use self::signatures::Signatures;
pub use self::template::{Part, Template, TemplateError};
pub(crate) use self::timestamp::{Place, Time};
pub use self::timestamp::{TimeUnit, Timestamp, TimestampSource, Window};
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
    header: HeaderName,
    alternative: Option<HeaderFamily>,
    extraction: Extraction,
    encoding: Encoding,
    algorithm: Algorithm,
    secret_form: SecretForm,
    min_secret: usize,
    template: Template,
    timestamp: Option<Timestamp>,
    id: Option<HeaderName>,
    digest_parameter: Option<Cow<'static, str>>,
    url_form: UrlForm,
    body_limit: u64,
}

impl Scheme {
    /// The most signatures that one header may carry.
    pub const MAX_SIGNATURES: usize = 16;

    /// The most signatures that one header may carry where public keys verify them: each costs a
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

    /// The fewest bytes of a secret by default; see [`with_min_secret`](Self::with_min_secret).
    pub const MIN_SECRET: usize = 16;

    /// Starts with the commonest scheme: one lower-case hexadecimal HMAC-SHA-256 of the body, alone
    /// in `header`, without a time.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, header: HeaderName) -> Self {
        Self {
            name: name.into(),
            header,
            alternative: None,
            extraction: Extraction::WHOLE,
            encoding: Encoding::Hex(HexCase::Lower),
            algorithm: Algorithm::HmacSha256,
            secret_form: SecretForm::Text,
            min_secret: Self::MIN_SECRET,
            template: Template::BODY,
            timestamp: None,
            id: None,
            digest_parameter: None,
            url_form: UrlForm::AsConfigured,
            body_limit: Self::BODY_LIMIT,
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
        self.header = header;
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
    /// its guesses against.
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

    /// Signs the body alone: neither a time nor an id.
    #[must_use]
    pub fn body_only(self) -> Self {
        Self { template: Template::BODY, timestamp: None, ..self }
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
        self.id = Some(header);
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

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name, without a copy when it is a literal.
    pub(crate) const fn name_shared(&self) -> &Cow<'static, str> {
        &self.name
    }

    /// The header of the signature.
    #[must_use]
    pub const fn header(&self) -> &HeaderName {
        &self.header
    }

    /// The other headers in which a request may be signed, if there are any.
    #[must_use]
    pub const fn alternative(&self) -> Option<&HeaderFamily> {
        self.alternative.as_ref()
    }

    /// How signatures stand in that header.
    #[must_use]
    pub const fn extraction(&self) -> &Extraction {
        &self.extraction
    }

    /// How a signature is written.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The MAC, or what else signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How a key is made of a secret.
    #[must_use]
    pub const fn secret_form(&self) -> &SecretForm {
        &self.secret_form
    }

    /// The fewest bytes of a key.
    #[must_use]
    pub const fn min_secret(&self) -> usize {
        self.min_secret
    }

    /// What is signed.
    #[must_use]
    pub const fn template(&self) -> &Template {
        &self.template
    }

    /// The signed time, if there is one.
    #[must_use]
    pub const fn timestamp(&self) -> Option<&Timestamp> {
        self.timestamp.as_ref()
    }

    pub(crate) fn time_source(&self) -> Option<&TimestampSource> {
        self.timestamp.as_ref().map(Timestamp::source)
    }

    /// The header of the message's id, if there is one.
    #[must_use]
    pub const fn id(&self) -> Option<&HeaderName> {
        self.id.as_ref()
    }

    /// The parameter of the URL that may hold the body's digest.
    #[must_use]
    pub fn digest_parameter(&self) -> Option<&str> {
        self.digest_parameter.as_deref()
    }

    /// Which spellings of the public URL may have been signed.
    #[must_use]
    pub const fn url_form(&self) -> UrlForm {
        self.url_form
    }

    /// The longest body, unless the policy says otherwise.
    #[must_use]
    pub const fn body_limit(&self) -> u64 {
        self.body_limit
    }

    /// How much of a message the signature covers.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.template.coverage()
    }
}

/// How much of a message a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coverage {
    /// The whole body.
    Body,
    /// Some fields, and not the body.
    Fields,
    /// Nothing of the message.
    None,
}

/// Which spellings of the public URL a sender may have signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlForm {
    /// The one that is configured.
    AsConfigured,
    /// That one with the scheme's port and without it, each with the query as it came and as an
    /// encoder writes it that has read it: what Twilio's own library tries. At most four MACs for
    /// each key, and two where the encoder changes nothing.
    Respelled,
    /// The same host over `wss` (`ws`, if it is configured in the clear), with its port and without
    /// it, with a slash at the end of the path and without it: what Twilio signs when it opens a
    /// Media Stream. Four MACs for each key.
    WebSocket,
    /// That one, and the same with the scheme's port added or taken away. One more MAC for each
    /// key.
    WithAndWithoutPort,
}
