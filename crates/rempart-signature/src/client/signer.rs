use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, Request, Uri};
use rempart_keys::Key;

use crate::{
    BodyToken, Message, MessageSigner, Part, PublicUrl, Scheme, SignError, SignRequestError,
};

/// What makes the headers of a signature.
#[derive(Clone)]
pub(super) enum Signer {
    /// A sender that signs HTTP messages.
    Message(Box<MessageSigner>),
    /// A sender that signs by a scheme.
    Scheme(Box<SchemeSigner>),
    /// A sender of tokens that cover the body.
    Token(Box<TokenSigner>),
}

impl Signer {
    /// The head to send with this body, which is whole.
    pub(super) fn sign(
        &self,
        mut parts: Parts,
        body: &[u8],
        now: Duration,
    ) -> Result<Parts, SignRequestError> {
        match self {
            Self::Message(signer) => {
                let mut request = Request::from_parts(parts, ());
                let signer = MessageSigner::clone(signer).with_nonce(Ids::Random.next()?);
                signer.sign_request(&mut request, body, now)?;
                parts = request.into_parts().0;
                let signatures = parts.headers.iter_mut().filter(|(name, _)| *name == "signature");
                signatures.for_each(|(_, signature)| signature.set_sensitive(true));
            }
            Self::Scheme(signer) => {
                let headers = signer.sign(&parts, body, now)?;
                put(&headers, &mut parts)?;
            }
            Self::Token(signer) => put(&signer.sign(body, now)?, &mut parts)?,
        }
        Ok(parts)
    }

    /// The key that signs, if one does.
    pub(super) const fn key(&self) -> Option<&Key> {
        match self {
            Self::Message(_) => None,
            Self::Scheme(signer) => signer.key.as_ref(),
            Self::Token(signer) => signer.key.as_ref(),
        }
    }
}

#[derive(Clone)]
pub(super) struct SchemeSigner {
    pub(super) scheme: Scheme,
    pub(super) key: Option<Key>,
    pub(super) ids: Ids,
    pub(super) public_url: Option<PublicUrl>,
}

impl SchemeSigner {
    fn sign(
        &self,
        parts: &Parts,
        body: &[u8],
        now: Duration,
    ) -> Result<HeaderMap, SignRequestError> {
        let key = self.key.as_ref().ok_or(SignRequestError::NoSigningKey)?;
        let message = Message::new(body, now).method(parts.method.clone());
        let mut message = message.headers(&parts.headers);
        let id = self.id_of(&parts.headers)?;
        if let Some(id) = &id {
            message = message.id(id);
        }
        let url = self.url_of(&parts.uri)?;
        if let Some(url) = &url {
            message = message.url(url);
        }
        let mut headers = self.scheme.sign(key.secret(), &message)?;
        if let Some(signature) = self.scheme.header().and_then(|name| headers.get_mut(name)) {
            // Not printed, and in no table that compresses headers.
            signature.set_sensitive(true);
        }
        Ok(headers)
    }

    /// The id that the request has, for who sends a message again says so by its id; or a new one.
    fn id_of(&self, headers: &HeaderMap) -> Result<Option<String>, SignRequestError> {
        let Some(header) = self.scheme.id() else { return Ok(None) };
        let mut ids = headers.get_all(header).iter();
        let id = match (ids.next(), ids.next()) {
            (None, _) => self.ids.next()?,
            (Some(id), None) => id.to_str().map_err(|_| SignError::IdMalformed)?.to_owned(),
            (Some(_), Some(_)) => return Err(SignRequestError::IdRepeated),
        };
        Ok(Some(id))
    }

    /// The whole URL, where it is signed.
    fn url_of(&self, uri: &Uri) -> Result<Option<String>, SignRequestError> {
        if !self.scheme.template().has(&Part::Url) {
            return Ok(None);
        }
        // As it is sent: with a slash where a query follows the host at once.
        let path = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        if let Some(url) = &self.public_url {
            return Ok(Some(format!("{url}{path}")));
        }
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let origin = uri.scheme().zip(authority).ok_or(SignRequestError::UrlUnknown)?;
        Ok(Some(format!("{}://{}{path}", origin.0, origin.1)))
    }
}

#[derive(Clone)]
pub(super) struct TokenSigner {
    pub(super) token: BodyToken,
    pub(super) key: Option<Key>,
    pub(super) ids: Ids,
}

impl TokenSigner {
    fn sign(&self, body: &[u8], now: Duration) -> Result<HeaderMap, SignRequestError> {
        let key = self.key.as_ref().ok_or(SignRequestError::NoSigningKey)?;
        let id = self.ids.next()?;
        Ok(self.token.sign(key, &Message::new(body, now).id(&id))?)
    }
}

/// Puts headers in the place of those of an earlier signature.
fn put(headers: &HeaderMap, parts: &mut Parts) -> Result<(), SignRequestError> {
    for (name, value) in headers {
        let put = parts.headers.try_insert(name.clone(), value.clone());
        put.map_err(|_| SignRequestError::TooManyHeaders)?;
    }
    Ok(())
}

/// Where the ids of messages come from.
#[derive(Clone)]
pub(super) enum Ids {
    /// 128 bits that nobody can guess, in hexadecimal.
    Random,
    Made(Arc<dyn Fn() -> String + Send + Sync>),
}

impl Ids {
    fn next(&self) -> Result<String, SignRequestError> {
        match self {
            Self::Random => {
                let mut random = [0_u8; 16];
                getrandom::fill(&mut random).map_err(|_| SignRequestError::NoRandomness)?;
                let mut id = String::with_capacity(32);
                // Writing to a string cannot fail.
                let _ = write!(id, "{:032x}", u128::from_be_bytes(random));
                Ok(id)
            }
            Self::Made(make) => Ok(make()),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(signer) => signer.fmt(f),
            Self::Scheme(signer) => signer.scheme.fmt(f),
            Self::Token(signer) => signer.token.fmt(f),
        }
    }
}
