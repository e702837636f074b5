use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What renews a session, once: two random texts in one, opaque to whoever bears it.
///
/// The first names the session and stays as long as it lasts; the second, of 256 random bits, is
/// another one after each use. A first text without its present second one is thus known for a
/// token that was used before, however long ago, and the database keeps one row a session.
pub(crate) struct RefreshToken([u8; NAME + SECRET]);

impl RefreshToken {
    /// A token of a new session; `None` without randomness.
    pub(crate) fn new() -> Option<Self> {
        let mut bytes = [0; NAME + SECRET];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The token that takes the place of this one.
    pub(crate) fn next(&self) -> Option<Self> {
        let mut next = Self::new()?;
        let name = next.0.iter_mut().zip(&self.0).take(NAME);
        name.for_each(|(next, byte)| *next = *byte);
        Some(next)
    }

    /// Reads what [`text`](Self::text) wrote, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Nothing longer is decoded.
        if text.len() > TEXT {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database knows of it.
    pub(crate) fn ticket(&self) -> Ticket {
        let (name, secret) = self.0.split_at_checked(NAME).unwrap_or_default();
        let hash = |part| Sha256::digest(part).into();
        Ticket { session: hash(name), secret: hash(secret) }
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").finish_non_exhaustive()
    }
}

/// The SHA-256 hashes of both parts of a refresh token. Random texts of this length need no salt
/// and no slow hash: there is nothing to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) session: [u8; 32],
    pub(crate) secret: [u8; 32],
}

const NAME: usize = 16;
const SECRET: usize = 32;

/// Four characters of Base64 for three bytes.
const TEXT: usize = (NAME + SECRET) / 3 * 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote_and_nothing_else() {
        let token = RefreshToken::new().unwrap();
        let text = token.text();
        assert_eq!(text.len(), TEXT);
        assert_eq!(RefreshToken::parse(&text).unwrap().ticket(), token.ticket());
        let shorter = text.get(1..).unwrap();
        for wrong in
            ["", "=", shorter, &format!("{text}A"), &format!(" {shorter}"), &"é".repeat(32)]
        {
            assert!(RefreshToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_next_one_names_the_same_session_by_another_secret() {
        let token = RefreshToken::new().unwrap();
        let (first, second) = (token.ticket(), token.next().unwrap().ticket());
        assert_eq!(first.session, second.session);
        assert_ne!(first.secret, second.secret);
        assert_ne!(first.session, RefreshToken::new().unwrap().ticket().session);
    }

    #[test]
    fn is_not_shown() {
        let token = RefreshToken::new().unwrap();
        assert_eq!(format!("{token:?}"), "RefreshToken { .. }");
    }
}
