use std::fmt;

use super::{BodyToken, TokenTime, jws};
use crate::SecretForm;

impl fmt::Display for BodyToken {
    /// What an operator asks of it, a line each.
    ///
    /// ```
    /// use rempart_signature::BodyToken;
    ///
    /// let printed = BodyToken::vonage().to_string();
    /// assert_eq!(printed, "\
    /// vonage
    ///   signs a token by HS256, the key as text of at least 16 bytes
    ///   in authorization, after `Bearer `
    ///   digest of the body in the claim `payload_hash`, lower-case hexadecimal
    ///   time in the claim `iat`, 300s back and 60s ahead
    ///   covers the body, of at most 1048576 bytes");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = jws::alg(self.algorithm).unwrap_or(self.algorithm.name());
        write!(
            f,
            "{}\n  signs a token by {algorithm}, the key as {}",
            self.name, self.secret_form
        )?;
        if self.secret_form != SecretForm::PublicKey {
            write!(f, " of at least {} bytes", self.min_secret)?;
        }
        if self.names_key {
            f.write_str(", which `kid` names")?;
        }
        write!(f, "\n  in {}", self.header)?;
        if !self.prefix.is_empty() {
            write!(f, ", after `{}`", self.prefix)?;
        }
        write!(f, "\n  digest of the body in the claim `{}`, {}", self.digest, self.encoding)?;
        for (nth, issuer) in self.issuers.iter().enumerate() {
            write!(f, "{}`{issuer}`", if nth == 0 { "\n  issued by " } else { " or " })?;
        }
        match self.time {
            TokenTime::Expires(window) => {
                let most = window.past().saturating_add(window.future());
                write!(f, "\n  time in the claim `exp`, {most:?} ahead at most")?;
            }
            TokenTime::Issued(window) => write!(f, "\n  time in the claim `iat`, {window}")?,
            TokenTime::Unsaid => {}
        }
        write!(f, "\n  covers the body, of at most {} bytes", self.body_limit)
    }
}
