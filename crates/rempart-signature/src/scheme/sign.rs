use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use rempart_core::Faults;
use rempart_keys::Secret;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::encoding::encode_hex;
use super::{Extraction, Fields, Part, Scheme, TimeUnit, TimestampSource};
use crate::decision::signed_digest;
use crate::form::SortedForm;
use crate::key::{SigningKey, Tag, Transcript};
use crate::{ConfigErrors, Rejection};

/// What a sender is about to sign.
#[derive(Clone)]
#[must_use]
pub struct Message<'a> {
    body: &'a [u8],
    method: Method,
    url: Option<&'a str>,
    id: Option<&'a str>,
    at: Duration,
}

impl<'a> Message<'a> {
    /// A `POST` with this body, at this time since the Unix epoch.
    pub const fn new(body: &'a [u8], at: Duration) -> Self {
        Self { body, method: Method::POST, url: None, id: None, at }
    }

    /// Has another method.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Goes to this URL, whole; where the scheme signs it.
    pub const fn url(mut self, url: &'a str) -> Self {
        self.url = Some(url);
        self
    }

    /// Has this id; where the scheme knows one.
    pub const fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }
}

impl fmt::Debug for Message<'_> {
    /// Nothing of the body, and nothing of the URL, whose query may hold a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("method", &self.method)
            .field("body_length", &self.body.len())
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl Scheme {
    /// Signs a message as the sender would: the counterpart of [`verify`](crate::verify).
    ///
    /// Gives the headers to send. A form's parameters are signed for a scheme that signs them,
    /// unless the URL already holds the digest of the body; a `GET` has no body to sign. Where
    /// public keys verify, the secret is the private key.
    ///
    /// ```
    /// use std::time::Duration;
    /// use rempart_keys::Secret;
    /// use rempart_signature::{Message, Scheme};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = Secret::new("vapi-test-secret")?;
    /// let body = br#"{"message":{"type":"status-update"}}"#;
    /// let headers = Scheme::vapi().sign(&secret, &Message::new(body, Duration::ZERO))?;
    /// assert_eq!(
    ///     headers["x-vapi-signature"],
    ///     "8211cf1df12acff8d69e09627d37acb51d9d95e00bf8dfeda080cdb9c7a36f96",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SignError`] if the scheme does not fit together, or the message lacks what it signs.
    pub fn sign(&self, secret: &Secret, message: &Message<'_>) -> Result<HeaderMap, SignError> {
        let mut faults = Faults::new();
        self.check(&mut faults);
        faults.finish()?;
        let key = SigningKey::read(self.algorithm, &self.secret_form, secret);
        let key = key.ok_or(SignError::SecretForm)?;
        let mut signed = key.transcript();

        let timestamp = self.timestamp.as_ref();
        let timestamp = timestamp.map(|timestamp| timestamp.counts().write(message.at));
        if timestamp.as_ref().is_some_and(|text| text.len() > TimeUnit::MAX_DIGITS) {
            return Err(SignError::Time);
        }
        let id = self.id_of(message)?;
        let url = match message.url {
            None if self.template.has(&Part::Url) => return Err(SignError::UrlMissing),
            url => url.unwrap_or_default(),
        };
        let fields = Fields {
            id: id.unwrap_or_default().as_bytes(),
            method: message.method.as_str(),
            path_and_query: "",
            timestamp: timestamp.as_deref().unwrap_or_default().as_bytes(),
        };
        let (before, after) = self.template.around_content();
        fields.feed(before, url, |bytes| signed.update(bytes));
        self.feed_content(message, url, &mut signed)?;
        fields.feed(after, url, |bytes| signed.update(bytes));
        let signature = key.sign(signed).ok_or(SignError::Randomness)?;
        self.write(&signature, timestamp, id)
    }

    fn id_of<'a>(&self, message: &Message<'a>) -> Result<Option<&'a str>, SignError> {
        let signed = self.template.signs_id();
        match (self.id.as_ref().and(message.id), signed) {
            (None, true) => Err(SignError::IdMissing),
            (Some(id), true) => {
                if id.len() > Self::MAX_HEADER || !self.is_id(id.as_bytes()) {
                    return Err(SignError::IdMalformed);
                }
                Ok(Some(id))
            }
            (id, false) => Ok(id),
        }
    }

    fn feed_content(
        &self,
        message: &Message<'_>,
        url: &str,
        signed: &mut Transcript,
    ) -> Result<(), SignError> {
        if !self.template.signs_form() {
            signed.update(message.body);
            return Ok(());
        }
        if matches!(message.method, Method::GET | Method::HEAD) {
            return if message.body.is_empty() { Ok(()) } else { Err(SignError::BodyNotCovered) };
        }
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let digest = self.digest_parameter.as_deref().map(|name| signed_digest(query, name));
        match digest.transpose() {
            Ok(Some(Some(digest))) => {
                let computed = Tag::new(&Sha256::digest(message.body));
                bool::from(computed.matches(&digest)).then_some(()).ok_or(SignError::Digest)
            }
            Ok(_) => {
                let form = SortedForm::parse(message.body);
                let form = form.map_err(|_: Rejection| SignError::BodyNotCovered)?;
                if form.is_empty() {
                    return Err(SignError::BodyNotCovered);
                }
                form.feed(|bytes| signed.update(bytes));
                Ok(())
            }
            Err(_) => Err(SignError::Digest),
        }
    }

    fn write(
        &self,
        signature: &[u8],
        timestamp: Option<String>,
        id: Option<&str>,
    ) -> Result<HeaderMap, SignError> {
        let signature = self.encoding.encode(signature);
        let mut headers = Vec::new();
        let value = match &self.extraction {
            Extraction::Prefixed(prefix) => format!("{prefix}{signature}"),
            Extraction::Elements(elements) => {
                let assign = char::from(elements.assign());
                let mut value = String::new();
                if let Some(TimestampSource::Element(key)) = self.time_source() {
                    value.push_str(key);
                    value.push(assign);
                    value.push_str(timestamp.as_deref().unwrap_or_default());
                    value.push(char::from(elements.separator()));
                }
                value.push_str(elements.signature());
                value.push(assign);
                value.push_str(&signature);
                value
            }
        };
        if let (Some(TimestampSource::Header(header)), Some(timestamp)) =
            (self.time_source(), timestamp)
        {
            headers.push((header, timestamp));
        }
        if let (Some(header), Some(id)) = (&self.id, id) {
            headers.push((header, id.to_owned()));
        }
        headers.push((&self.header, value));
        let parsed = headers.into_iter().map(|(name, value)| {
            Ok((name.clone(), HeaderValue::try_from(value).map_err(|_| SignError::IdMalformed)?))
        });
        parsed.collect()
    }

    /// The hexadecimal SHA-256 of a body: what a digest parameter of a URL holds.
    #[must_use]
    pub fn digest_of(body: &[u8]) -> String {
        encode_hex(&Sha256::digest(body))
    }
}

/// Why a message cannot be signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The scheme does not fit together.
    #[error(transparent)]
    Scheme(#[from] ConfigErrors),
    /// The operating system has no randomness to give, and the algorithm needs some.
    #[error("the operating system has no randomness to give")]
    Randomness,
    /// The secret is not of the scheme's form.
    #[error("the secret is not of the form that the scheme asks for")]
    SecretForm,
    /// The scheme signs the URL.
    #[error("the scheme signs the URL, and none was given")]
    UrlMissing,
    /// The scheme signs an id.
    #[error("the scheme signs a message id, and none was given")]
    IdMissing,
    /// The id may not stand in its header, or in what is signed.
    #[error("the message id holds a character that it may not")]
    IdMalformed,
    /// The time is too far away to be written.
    #[error("the time has more than {} digits", TimeUnit::MAX_DIGITS)]
    Time,
    /// The signature would not cover the body.
    #[error("the scheme covers a form with parameters, or a body whose digest is in the URL")]
    BodyNotCovered,
    /// The digest in the URL is not that of the body, or is there twice.
    #[error("the digest in the URL is not that of the body")]
    Digest,
}
