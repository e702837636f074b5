//! The head of a token: whose key it is, and nothing else that it may ask for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rempart_core::KeyId;

use crate::json::{self, Value};
use crate::policy::{KnownHead, PolicyKey};
use crate::{Algorithm, Policy, Rejection, TokenType};

/// Whose tag a token is said to carry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signer<'p> {
    /// This key's.
    Key(&'p PolicyKey),
    /// Of any key of the algorithm.
    Any(Algorithm),
}

/// Writes a head as the minter does.
pub(crate) fn write(algorithm: Algorithm, key: Option<KeyId>, token_type: TokenType) -> String {
    let mut json = format!("{{\"alg\":\"{}\"", algorithm.as_str());
    if let Some(key) = key {
        json.push_str(",\"kid\":\"");
        json.push_str(key.as_str());
        json.push('"');
    }
    if let Some(typ) = token_type.as_str() {
        json.push_str(",\"typ\":\"");
        json.push_str(typ);
        json.push('"');
    }
    json.push('}');
    URL_SAFE_NO_PAD.encode(json)
}

/// Says whose tag the token carries. `encoded` is its first part.
pub(crate) fn signer<'p>(policy: &'p Policy, encoded: &[u8]) -> Result<Signer<'p>, Rejection> {
    match policy.known_head(encoded) {
        Some(KnownHead { key: Some(place), .. }) => {
            policy.keys().get(*place).map(Signer::Key).ok_or(Rejection::UnknownKey)
        }
        Some(KnownHead { algorithm, .. }) => Ok(Signer::Any(*algorithm)),
        None => read(policy, encoded),
    }
}

/// Any head but those that are known by heart.
#[inline(never)]
fn read<'p>(policy: &'p Policy, encoded: &[u8]) -> Result<Signer<'p>, Rejection> {
    if encoded.len() > Policy::MAX_HEAD {
        return Err(Rejection::TooLarge);
    }
    let mut buffer = [0; Policy::MAX_HEAD];
    let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut buffer);
    let json = length.ok().and_then(|length| str::from_utf8(buffer.get(..length)?).ok());
    let mut head = Head::default();
    json::object(json.ok_or(Rejection::Malformed)?, |name, value| head.take(name, value))?;
    head.judge(policy)
}

/// What a head said. The names that are not here are ignored, as
/// [RFC 7515 §4](https://www.rfc-editor.org/rfc/rfc7515#section-4) asks.
#[derive(Debug, Default)]
struct Head {
    algorithm: Said<Algorithm>,
    key: Said<KeyId>,
    token_type: Said<TokenType>,
    brings_a_key: bool,
    is_critical: bool,
    has_content_type: bool,
}

/// What one member of a head said.
#[derive(Clone, Copy, Debug, Default)]
enum Said<T> {
    Known(T),
    /// It was not there.
    #[default]
    Nothing,
    /// A name that means nothing here, or that no key can have.
    Unknown,
}

impl<T> From<Option<T>> for Said<T> {
    fn from(known: Option<T>) -> Self {
        known.map_or(Self::Unknown, Self::Known)
    }
}

impl Head {
    fn take(&mut self, name: &str, value: Value<'_>) -> Result<(), Rejection> {
        let text = || match value {
            Value::Text(text) => Ok(text.plain()),
            _ => Err(Rejection::Malformed),
        };
        match name {
            "alg" => self.algorithm = Algorithm::named(&text()?).into(),
            "kid" => self.key = KeyId::new(&text()?).ok().into(),
            "typ" => self.token_type = TokenType::named(&text()?).into(),
            "cty" => self.has_content_type = true,
            // Registered, of no use here, and texts (RFC 7515 §4.1, RFC 7516 §4.1, RFC 8555 §6).
            "enc" | "nonce" | "url" | "x5t" | "x5t#S256" | "zip" => drop(text()?),
            "crit" | "b64" => self.is_critical = true,
            "jwk" | "jku" | "x5u" | "x5c" => self.brings_a_key = true,
            _ => {}
        }
        Ok(())
    }

    fn judge(self, policy: &Policy) -> Result<Signer<'_>, Rejection> {
        if self.is_critical {
            return Err(Rejection::UnsupportedCritical);
        }
        if self.brings_a_key {
            return Err(Rejection::KeyInToken);
        }
        let token_type = match self.token_type {
            Said::Known(token_type) => Some(token_type),
            Said::Nothing => Some(TokenType::Untyped),
            Said::Unknown => None,
        };
        if self.has_content_type || !token_type.is_some_and(|typ| policy.takes_type(typ)) {
            return Err(Rejection::WrongType);
        }
        let algorithm = match self.algorithm {
            Said::Known(algorithm) => algorithm,
            Said::Nothing => return Err(Rejection::Malformed),
            Said::Unknown => return Err(Rejection::WrongAlgorithm),
        };
        let key = match self.key {
            Said::Known(key) => policy.key(key)?,
            Said::Nothing => return Ok(Signer::Any(algorithm)),
            Said::Unknown => return Err(Rejection::UnknownKey),
        };
        if key.mac.algorithm() != algorithm {
            return Err(Rejection::WrongAlgorithm);
        }
        Ok(Signer::Key(key))
    }
}
