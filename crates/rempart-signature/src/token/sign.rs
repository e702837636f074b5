use std::fmt::Write;

use http::{HeaderMap, HeaderValue};
use rempart_core::Faults;
use rempart_keys::Key;
use sha2::{Digest, Sha256};

use super::{BodyToken, TokenTime, jws};
use crate::json::quoted;
use crate::key::SigningKey;
use crate::{Message, SignError};

impl BodyToken {
    /// Signs a message as the sender would: the counterpart of [`verify`](crate::verify).
    ///
    /// Gives the header to send. The message's id is the token's `jti`, and the key's name its `kid`,
    /// where keys are named. Where public keys verify, the secret is the private key.
    ///
    /// ```
    /// use std::time::Duration;
    /// use rempart_keys::{Key, KeyId, Secret};
    /// use rempart_signature::{BodyToken, Message};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = Secret::new("made-up-for-the-documentation-only")?;
    /// let key = Key::new(KeyId::new("current")?, secret);
    /// let message = Message::new(b"{}", Duration::from_secs(1_800_000_000)).id("made-up-1");
    /// let headers = BodyToken::vonage().sign(&key, &message)?;
    /// assert!(headers["authorization"].to_str()?.starts_with("Bearer eyJhbGciOiJIUzI1NiIs"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SignError`] if the parts of the token do not fit together, the key is none of its algorithm,
    /// or the id is not of visible ASCII.
    pub fn sign(&self, key: &Key, message: &Message<'_>) -> Result<HeaderMap, SignError> {
        let mut faults = Faults::new();
        self.check(&mut faults);
        faults.finish()?;
        let signing = SigningKey::read(self.algorithm, &self.secret_form, key.secret());
        let signing = signing.ok_or(SignError::SecretForm)?;
        let header = jws::encode(self.header_of(key).as_bytes());
        let claims = jws::encode(self.claims_of(message)?.as_bytes());
        let mut token = format!("{header}.{claims}");
        let mut signed = signing.transcript();
        signed.update(token.as_bytes());
        let signature = signing.sign(signed).ok_or(SignError::Randomness)?;
        token.push('.');
        token.push_str(&jws::encode(&signature));
        let value = HeaderValue::try_from(format!("{}{token}", self.prefix));
        let mut value = value.map_err(|_| SignError::IdMalformed)?;
        value.set_sensitive(true);
        Ok(HeaderMap::from_iter([(self.header.clone(), value)]))
    }

    fn header_of(&self, key: &Key) -> String {
        let algorithm = jws::alg(self.algorithm).unwrap_or_default();
        let mut header = format!(r#"{{"alg":"{algorithm}","typ":"JWT""#);
        if self.names_key {
            // Writing to a string cannot fail.
            let _ = write!(header, r#","kid":"{}""#, key.id());
        }
        header.push('}');
        header
    }

    fn claims_of(&self, message: &Message<'_>) -> Result<String, SignError> {
        let at = message.at.as_secs();
        let mut claims = Vec::new();
        claims.extend(self.issuers.first().map(|issuer| ("iss", quoted(issuer))));
        match self.time {
            TokenTime::Expires(window) => {
                let end = at.checked_add(window.past().as_secs()).ok_or(SignError::Time)?;
                claims.extend([("nbf", at.to_string()), ("exp", end.to_string())]);
            }
            TokenTime::Issued(_) => claims.push(("iat", at.to_string())),
            TokenTime::Unsaid => {}
        }
        if let Some(id) = message.id {
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(SignError::IdMalformed);
            }
            claims.push(("jti", quoted(id)));
        }
        let digest = self.encoding.encode(&Sha256::digest(message.body));
        claims.push((&self.digest, quoted(&digest)));
        let claims = claims.iter().map(|(name, value)| format!("{}:{value}", quoted(name)));
        Ok(format!("{{{}}}", claims.collect::<Vec<_>>().join(",")))
    }
}
