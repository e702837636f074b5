use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use rempart_keys::Secret;
use thiserror::Error;

use super::base::{Base, Request, Subject};
use super::check::{is_key, is_registered, is_string};
use super::component::{Component, ComponentError, Covered};
use super::joined;
use super::origin::Origin;
use super::parameters::SignatureParameters;
use super::structured::{BareItem, Dictionary, FieldType, InnerList, Item, Member, Parameters};
use super::verify::{ResponseHead, SIGNATURE, SIGNATURE_INPUT};
use crate::key::SigningKey;
use crate::{Algorithm, DigestAlgorithm, Head, PublicUrl, Rejection, SecretForm};

/// Signs requests and responses as [RFC 9421] says.
///
/// ```
/// use std::time::Duration;
/// use http::Request;
/// use rempart_keys::Secret;
/// use rempart_signature::{Algorithm, MessageSigner};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let signer = MessageSigner::new("billing-1", Algorithm::HmacSha256, &secret)?;
///
/// let body = br#"{"hello": "world"}"#;
/// let mut request = Request::post("https://api.example.com/in").body(&body[..])?;
/// signer.sign_request(&mut request, body, Duration::from_secs(1_800_000_000))?;
///
/// let input = request.headers()["signature-input"].to_str()?;
/// assert!(input.starts_with(r#"sig=("@method" "@target-uri" "content-digest");created=18"#));
/// # Ok(())
/// # }
/// ```
///
/// [RFC 9421]: https://www.rfc-editor.org/rfc/rfc9421
#[derive(Clone)]
pub struct MessageSigner {
    key: Arc<SigningKey>,
    keyid: String,
    algorithm: Algorithm,
    label: String,
    components: Option<Vec<Component>>,
    digest: DigestAlgorithm,
    lifetime: Option<Duration>,
    nonce: Option<String>,
    tag: Option<String>,
    says_algorithm: bool,
    origin: Option<Origin>,
    types: Vec<(HeaderName, FieldType)>,
}

impl MessageSigner {
    /// Signs by this algorithm with this key, under the name that the other side has for it.
    ///
    /// # Errors
    ///
    /// [`MessageSignError::Algorithm`] for one that is not registered, [`MessageSignError::Key`] if
    /// the secret is no key of it, [`MessageSignError::Text`] if no message can carry the name.
    pub fn new(
        keyid: impl Into<String>,
        algorithm: Algorithm,
        secret: &Secret,
    ) -> Result<Self, MessageSignError> {
        let keyid = keyid.into();
        if !is_registered(algorithm) {
            return Err(MessageSignError::Algorithm);
        }
        if !is_string(&keyid) {
            return Err(MessageSignError::Text);
        }
        let key = SigningKey::read(algorithm, &SecretForm::Text, secret);
        Ok(Self {
            key: Arc::new(key.ok_or(MessageSignError::Key)?),
            keyid,
            algorithm,
            label: "sig".to_owned(),
            components: None,
            digest: DigestAlgorithm::default(),
            lifetime: None,
            nonce: None,
            tag: None,
            says_algorithm: false,
            origin: None,
            types: Vec::new(),
        })
    }

    /// Signs under another label than `sig`.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Covers these components. Otherwise: of a request `@method` and `@target-uri`, of a response
    /// `@status`, and `content-digest` where there is a body.
    #[must_use]
    pub fn with_components(mut self, components: impl IntoIterator<Item = Component>) -> Self {
        self.components = Some(components.into_iter().collect());
        self
    }

    /// Makes another `Content-Digest` than SHA-256, where it is covered.
    #[must_use]
    pub const fn with_digest(mut self, digest: DigestAlgorithm) -> Self {
        self.digest = digest;
        self
    }

    /// Says that signatures end so long after they were made.
    #[must_use]
    pub const fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Signs this with the next message: what the other side keeps, so as to take it once.
    #[must_use]
    pub fn with_nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Says for which application signatures are made.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// Says the algorithm too (`alg`), which the other side knows by the key.
    #[must_use]
    pub const fn with_algorithm_said(mut self) -> Self {
        self.says_algorithm = true;
        self
    }

    /// Signs requests to this origin, whatever their own URI says: for a URI that is a path alone,
    /// and for responses that cover parts of their request.
    #[must_use]
    pub fn with_origin(mut self, url: &PublicUrl) -> Self {
        self.origin = Some(Origin::of(url));
        self
    }

    /// Says of which kind a structured field is, so that it can be covered with `sf`.
    #[must_use]
    pub fn with_structured_field(mut self, name: HeaderName, kind: FieldType) -> Self {
        self.types.push((name, kind));
        self
    }

    /// Signs a request: adds `Signature-Input` and `Signature`, beside others that are there, and
    /// `Content-Digest` where it is covered. `body` is the whole body, as it will be sent.
    ///
    /// # Errors
    ///
    /// [`MessageSignError`]; the request is as it was then.
    pub fn sign_request<B>(
        &self,
        request: &mut http::Request<B>,
        body: &[u8],
        at: Duration,
    ) -> Result<(), MessageSignError> {
        let target = request.uri().clone();
        let origin = match &self.origin {
            Some(origin) => origin.clone(),
            None => {
                Origin::of(&PublicUrl::origin_of(&target).map_err(|_| MessageSignError::Origin)?)
            }
        };
        let origins = [origin];
        let covered = self.covered(false, body, at)?;
        let mut headers = request.headers().clone();
        self.describe(&covered, body, &mut headers);
        let head = Head::new(request.method(), &target, &headers);
        let view = Request { head, origins: &origins, origin_form: true };
        let subject = Subject { request: Some(view), response: None, types: &self.types };
        let base = Base::of(&covered, &subject).map_err(MessageSignError::Component)?;
        self.append(&covered, &base, &mut headers)?;
        *request.headers_mut() = headers;
        Ok(())
    }

    /// Signs a response, which may say what request it [answers](ResponseHead::answering).
    ///
    /// Gives the headers of the response with those of the signature.
    ///
    /// # Errors
    ///
    /// [`MessageSignError`].
    pub fn sign_response(
        &self,
        response: &ResponseHead<'_>,
        body: &[u8],
        at: Duration,
    ) -> Result<HeaderMap, MessageSignError> {
        let covered = self.covered(true, body, at)?;
        let mut view = response.view();
        let mut headers = view.headers.clone();
        self.describe(&covered, body, &mut headers);
        let described = headers.clone();
        view.headers = &described;
        let origins = self.origin.as_slice();
        let request = response.request();
        let request = request.map(|head| Request { head: *head, origins, origin_form: true });
        let subject = Subject { request, response: Some(view), types: &self.types };
        let base = Base::of(&covered, &subject).map_err(MessageSignError::Component)?;
        self.append(&covered, &base, &mut headers)?;
        Ok(headers)
    }

    /// What is covered, and what is said of the signature.
    fn covered(
        &self,
        of_response: bool,
        body: &[u8],
        at: Duration,
    ) -> Result<Covered, MessageSignError> {
        let texts = [self.nonce.as_deref(), self.tag.as_deref()];
        if !is_key(&self.label) || !texts.into_iter().flatten().all(is_string) {
            return Err(MessageSignError::Text);
        }
        let digest =
            || Component::field(&const { HeaderName::from_static(crate::digest::CONTENT_DIGEST) });
        let components = match (&self.components, of_response) {
            (Some(components), _) => components.clone(),
            (None, false) => vec![Component::method(), Component::target_uri()],
            (None, true) => vec![Component::status()],
        };
        let chosen = self.components.is_some();
        let digest = (!chosen && !body.is_empty()).then(digest);
        let items = components.iter().chain(&digest).map(|component| component.item().clone());
        let created = at.as_secs();
        let parameters = SignatureParameters {
            alg: self.says_algorithm.then(|| self.algorithm.name().to_owned()),
            created: Some(created),
            expires: self.lifetime.map(|lifetime| created.saturating_add(lifetime.as_secs())),
            keyid: Some(self.keyid.clone()),
            nonce: self.nonce.clone(),
            tag: self.tag.clone(),
        };
        let list = InnerList { items: items.collect(), parameters: parameters.write() };
        Ok(Covered::new(list)?)
    }

    /// Writes the digest of the body, if it is covered.
    fn describe(&self, covered: &Covered, body: &[u8], headers: &mut HeaderMap) {
        if covered.components.iter().any(Component::is_content_digest) {
            let name = const { HeaderName::from_static(crate::digest::CONTENT_DIGEST) };
            // Refused only at `http`'s own limit of headers; a signature is refused there too.
            let _ = headers.try_insert(name, self.digest.field(body));
        }
    }

    fn append(
        &self,
        covered: &Covered,
        base: &Base,
        headers: &mut HeaderMap,
    ) -> Result<(), MessageSignError> {
        if let Ok(others) = joined(headers, &SIGNATURE_INPUT) {
            let others = Dictionary::parse(others.as_bytes());
            if others.is_ok_and(|others| others.get(&self.label).is_some()) {
                return Err(MessageSignError::LabelTaken);
            }
        }
        let mut transcript = self.key.transcript();
        transcript.update(base.text.as_bytes());
        let signature = self.key.sign(transcript).ok_or(MessageSignError::Key)?;
        let signature = Member::Item(Item {
            value: BareItem::Bytes(signature),
            parameters: Parameters::default(),
        });
        let input = Member::InnerList(covered.list.clone());
        for (name, member) in [(SIGNATURE_INPUT, input), (SIGNATURE, signature)] {
            let field = Dictionary(vec![(self.label.clone(), member)]).to_string();
            let value = HeaderValue::try_from(field).map_err(|_| MessageSignError::Text)?;
            headers.try_append(name, value).map_err(|_| MessageSignError::TooManyHeaders)?;
        }
        Ok(())
    }
}

impl fmt::Debug for MessageSigner {
    /// Nothing of the key but its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageSigner")
            .field("keyid", &self.keyid)
            .field("algorithm", &self.algorithm)
            .field("label", &self.label)
            .field("components", &self.components)
            .finish_non_exhaustive()
    }
}

/// Why a message cannot be signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageSignError {
    /// RFC 9421 registers no such algorithm.
    #[error("the algorithm is none of the registered ones")]
    Algorithm,
    /// The value of a component cannot be had.
    #[error("a component cannot be signed: {0}")]
    Component(Rejection),
    /// The components do not fit together.
    #[error("a component {0}")]
    Components(#[from] ComponentError),
    /// The secret is no key of the algorithm.
    #[error("the secret is no signing key of the algorithm")]
    Key,
    /// The message has a signature of this label.
    #[error("the message has a signature of this label")]
    LabelTaken,
    /// The URI says no origin, and no other was given.
    #[error("the request's URI is not absolute, and no origin was given")]
    Origin,
    /// A text that no message can carry.
    #[error("a label, name, nonce or tag holds a character that it may not")]
    Text,
    /// The message has as many headers as it may.
    #[error("the message has as many headers as it may")]
    TooManyHeaders,
}
