mod error;
mod in_body;
mod message;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rempart_core::Faults;
use rempart_keys::Secret;
use sha2::{Digest, Sha256};

pub use self::error::SignError;
pub use self::message::Message;
use super::encoding::encode_hex;
use super::{Extraction, Fields, Member, Part, Scheme, SignedHeaders, TimestampSource, UrlForm};
use crate::decision::signed_digest;
use crate::form::SortedForm;
use crate::key::{SigningKey, Tag, Transcript};
use crate::{Algorithm, Rejection};

/// What of a message a signature covers, as it is written down.
struct Signed<'a> {
    timestamp: Option<String>,
    id: Option<&'a str>,
    names: Option<String>,
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
        let (signature, signed) = self.signature(secret, message)?;
        if self.is_in_body() {
            return Err(SignError::InBody);
        }
        self.write(signature, signed)
    }

    /// Signs a message whose signature stands in its body: gives the body to send.
    ///
    /// ```
    /// use std::time::Duration;
    /// use rempart_keys::Secret;
    /// use rempart_signature::{Message, Scheme};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = Secret::new("made-up-for-the-documentation-only")?;
    /// let message = Message::new(br#"{"event-data":{}}"#, Duration::from_secs(1_700_000_000));
    /// let body = Scheme::mailgun().sign_body(&secret, &message.id("made-up-token"))?;
    /// assert!(body.starts_with(br#"{"signature":{"timestamp":"1700000000","#));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign); and if the body is no JSON object, or holds such members already.
    pub fn sign_body(&self, secret: &Secret, message: &Message<'_>) -> Result<Vec<u8>, SignError> {
        let (signature, signed) = self.signature(secret, message)?;
        let Extraction::Member(place) = &self.extraction else {
            return Err(SignError::InHeaders);
        };
        let mut members = Vec::new();
        members.extend(self.time_member().zip(signed.timestamp.as_deref()));
        members.extend(self.id_member().zip(signed.id));
        members.push((place, signature.as_str()));
        in_body::write(message.body, &members)
    }

    /// The signature as it is written, and what of the message it covers.
    fn signature<'a>(
        &self,
        secret: &Secret,
        message: &'a Message<'_>,
    ) -> Result<(String, Signed<'a>), SignError> {
        let mut faults = Faults::new();
        self.check(&mut faults);
        faults.finish()?;
        let key = SigningKey::read(self.algorithm, &self.secret_form, secret);
        let key = key.ok_or(SignError::SecretForm)?;
        let mut signed = key.transcript();

        let timestamp = match &self.timestamp {
            Some(timestamp) => Some(timestamp.counts().write(message.at).ok_or(SignError::Time)?),
            None => None,
        };
        if !self.is_in_body() {
            self.read_members(message)?;
        }
        let id = self.id_of(message)?;
        let url = match message.url {
            None if self.template.has(&Part::Url) => return Err(SignError::UrlMissing),
            url => url.unwrap_or_default(),
        };
        let names = self.header_names(message)?;
        let fields = Fields {
            headers: names.as_deref().map(str::as_bytes).zip(message.headers),
            id: id.unwrap_or_default().as_bytes(),
            method: &message.method,
            timestamp: timestamp.as_deref().unwrap_or_default().as_bytes(),
            url_decoded: self.url_form == UrlForm::Decoded,
        };
        let (before, after) = self.template.around_content();
        fields.feed(before, [url, ""], |bytes| signed.update(bytes));
        self.feed_content(message, url, &mut signed)?;
        fields.feed(after, [url, ""], |bytes| signed.update(bytes));
        let signature = if self.algorithm == Algorithm::SharedSecret {
            self.shared(secret)?
        } else {
            let signature = key.sign(signed).ok_or(SignError::Randomness)?;
            self.encoding.encode(&signature)
        };
        Ok((signature, Signed { timestamp, id, names }))
    }

    /// What is sent of a shared secret: all of it.
    fn shared(&self, secret: &Secret) -> Result<String, SignError> {
        let keys = self.secret_form.keys(secret).unwrap_or_default();
        let text = keys.first().and_then(|key| std::str::from_utf8(key.expose()).ok());
        text.map(str::to_owned).ok_or(SignError::SecretForm)
    }

    /// A time and an id that stand in a body which is covered are there already.
    fn read_members(&self, message: &Message<'_>) -> Result<(), SignError> {
        let unread = |member: &Member| SignError::Member { member: member.clone() };
        if let Some(member) = self.time_member() {
            self.body_time(message.body).map_err(|_| unread(member))?;
        }
        if let Some(member) = self.id_member() {
            self.body_id(message.body).map_err(|_| unread(member))?;
        }
        Ok(())
    }

    /// The list of the headers that are signed: those that the scheme requires.
    fn header_names(&self, message: &Message<'_>) -> Result<Option<String>, SignError> {
        let Some(rule) = &self.signed_headers else { return Ok(None) };
        for header in rule.required() {
            let mut values = message.headers.into_iter().flat_map(|all| all.get_all(header));
            if values.next().is_none() || values.next().is_some() {
                return Err(SignError::HeaderMissing { header: header.clone() });
            }
        }
        let names: Vec<&str> = rule.required().iter().map(HeaderName::as_str).collect();
        Ok(Some(names.join(" ")))
    }

    fn id_of<'a>(&self, message: &Message<'a>) -> Result<Option<&'a str>, SignError> {
        let signed = self.template.signs_id();
        let id = message.id.filter(|_| self.id().is_some() || self.is_in_body());
        match (id, signed) {
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
            if self.template.signs_body() {
                signed.update(message.body);
            }
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

    fn write(&self, signature: String, signed: Signed<'_>) -> Result<HeaderMap, SignError> {
        let Signed { timestamp, id, names } = signed;
        let mut headers = Vec::new();
        let value = match &self.extraction {
            // In the body: refused above.
            Extraction::Member(_) => signature,
            Extraction::Prefixed(prefix) => format!("{prefix}{signature}"),
            Extraction::Elements(elements) => {
                let time_key = match self.time_source() {
                    Some(TimestampSource::Element(key)) => Some(key.as_ref()),
                    _ => None,
                };
                let names_key = self.signed_headers.as_ref().map(SignedHeaders::key);
                let listed = [
                    time_key.zip(timestamp.as_deref()),
                    names_key.zip(names.as_deref()),
                    Some((elements.signature(), signature.as_str())),
                ];
                let assign = char::from(elements.assign());
                let listed = listed.into_iter().flatten();
                let listed: Vec<_> =
                    listed.map(|(key, value)| format!("{key}{assign}{value}")).collect();
                listed.join(&char::from(elements.separator()).to_string())
            }
        };
        if let (Some(TimestampSource::Header(header)), Some(timestamp)) =
            (self.time_source(), timestamp)
        {
            headers.push((header, timestamp));
        }
        if let (Some(header), Some(id)) = (self.id(), id) {
            headers.push((header, id.to_owned()));
        }
        headers.extend(self.header.as_ref().map(|header| (header, value)));
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
