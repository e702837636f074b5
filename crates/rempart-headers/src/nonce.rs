use std::fmt;
use std::str;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Extensions;
use thiserror::Error;

/// The nonce of one response: what its own scripts and styles carry, and injected ones cannot
/// guess.
///
/// The layer puts it into the request's extensions where the policy names `'nonce'`. It is made
/// when somebody first reads it: 144 bits of the operating system's randomness as 24 characters
/// of base64url, which need no escaping in HTML. Clones are the same nonce. What nobody reads is
/// not sent.
///
/// ```
/// use http::Request;
/// use rempart_headers::Nonce;
///
/// fn page<B>(request: &Request<B>) -> String {
///     let nonce = Nonce::of(request.extensions()).map(Nonce::as_str).unwrap_or_default();
///     format!("<script nonce={nonce}>start()</script>")
/// }
/// # assert_eq!(page(&Request::new(())), "<script nonce=>start()</script>");
/// ```
///
/// # Security
///
/// Read it before the response's head is returned: afterwards the header is on its way without
/// it. [`as_str`](Self::as_str) is then empty, so the browser runs nothing, and a warning is
/// logged. Never put it where markup of others can read it back, as in a cookie or an address.
#[derive(Clone)]
pub struct Nonce(Arc<OnceLock<State>>);

enum State {
    Made([u8; LENGTH]),
    NoEntropy,
    /// The head went out before anybody read it.
    Unread,
}

impl Nonce {
    /// The nonce of the request that carries these extensions, if its policy has one.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    pub(crate) fn new() -> Self {
        Self(Arc::new(OnceLock::new()))
    }

    /// The text for `nonce` attributes; empty, with a line in the log, where [`read`](Self::read)
    /// would fail.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.read().unwrap_or_else(|error| {
            tracing::warn!(target: "rempart", %error, "a script or style will not run");
            ""
        })
    }

    /// The text for `nonce` attributes.
    ///
    /// # Errors
    ///
    /// [`NonceError::TooLate`] after the response's head was returned,
    /// [`NonceError::NoEntropy`] if the operating system gives no randomness.
    pub fn read(&self) -> Result<&str, NonceError> {
        match self.0.get_or_init(State::make) {
            State::Made(text) => Ok(str::from_utf8(text).unwrap_or_default()),
            State::NoEntropy => Err(NonceError::NoEntropy),
            State::Unread => Err(NonceError::TooLate),
        }
    }

    /// Ends the time of reading: the text, if anybody read it before.
    pub(crate) fn seal(&self) -> Option<&str> {
        match self.0.get_or_init(|| State::Unread) {
            State::Made(text) => str::from_utf8(text).ok(),
            State::NoEntropy | State::Unread => None,
        }
    }
}

impl State {
    fn make() -> Self {
        let mut random = [0; RANDOM];
        let mut text = [0; LENGTH];
        let filled = getrandom::fill(&mut random).is_ok()
            && URL_SAFE_NO_PAD.encode_slice(random, &mut text) == Ok(LENGTH);
        if filled { Self::Made(text) } else { Self::NoEntropy }
    }
}

impl fmt::Display for Nonce {
    /// As [`as_str`](Self::as_str): what a template prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Nonce {
    /// Never the text: whoever reads the log in time could use it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// Why a nonce cannot be read.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NonceError {
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness for a nonce")]
    NoEntropy,
    /// The response's head was returned without it.
    #[error("the nonce was read after the head of its response was returned")]
    TooLate,
}

/// 144 bits: above the 128 that [CSP3 §7.1] asks for, and no padding.
///
/// [CSP3 §7.1]: https://www.w3.org/TR/CSP3/#security-nonces
const RANDOM: usize = 18;
const LENGTH: usize = 24;
