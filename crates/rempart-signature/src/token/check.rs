use std::time::Duration;

use rempart_core::Faults;
use thiserror::Error;

use super::{BodyToken, jws};
use crate::{Algorithm, ConfigError, Encoding, SecretForm, Window};

/// Claims that mean something already.
const REGISTERED: [&str; 7] = ["aud", "exp", "iat", "iss", "jti", "nbf", "sub"];

impl BodyToken {
    /// Adds what does not fit together.
    pub(crate) fn check(&self, faults: &mut Faults<ConfigError>) {
        let mut push = |fault: TokenFault| faults.push(ConfigError::BodyToken(fault));
        if jws::alg(self.algorithm).is_none() {
            push(TokenFault::Algorithm { algorithm: self.algorithm });
        }
        if self.algorithm.is_mac() == (self.secret_form == SecretForm::PublicKey) {
            push(TokenFault::SecretForm);
        }
        let visible = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !visible(&self.prefix) {
            push(TokenFault::Prefix);
        }
        if self.digest.is_empty() || REGISTERED.contains(&&*self.digest) {
            push(TokenFault::Digest { claim: self.digest.clone().into_owned() });
        }
        if !matches!(self.encoding, Encoding::Base64 | Encoding::Hex(_)) {
            push(TokenFault::Encoding);
        }
        if self.issuers.iter().any(|issuer| issuer.is_empty()) {
            push(TokenFault::Issuer);
        }
        if let Some(window) = self.time.window() {
            if window.past() == Duration::ZERO {
                push(TokenFault::WindowEmpty);
            }
            let widest = window.past().max(window.future());
            if widest > Window::WIDEST {
                push(TokenFault::WindowTooWide { widest });
            }
        }
    }
}

/// One fault of a [`BodyToken`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenFault {
    /// No token names such an algorithm.
    #[error("algorithm: {algorithm} is none that tokens have")]
    Algorithm {
        /// Which one.
        algorithm: Algorithm,
    },
    /// The body's digest would stand in a claim that means something else, or in none.
    #[error("digest: `{claim}` is no claim for it")]
    Digest {
        /// The claim.
        claim: String,
    },
    /// Digests are written in hexadecimal or in Base64.
    #[error("encoding: a digest is written in hexadecimal or in Base64")]
    Encoding,
    /// An issuer without a name.
    #[error("issuer: is empty")]
    Issuer,
    /// No header holds such a text.
    #[error("prefix: is not of printable ASCII characters")]
    Prefix,
    /// A MAC needs a secret, and everything else a public key.
    #[error("secret_form: `PublicKey` is for public keys, and for them there is no other")]
    SecretForm,
    /// No time would ever lie in the window.
    #[error("time: the window reaches no time in the past")]
    WindowEmpty,
    /// A token would be good for too long.
    #[error("time: a window of {widest:?} is more than {:?}", Window::WIDEST)]
    WindowTooWide {
        /// The wider of its two sides.
        widest: Duration,
    },
}
