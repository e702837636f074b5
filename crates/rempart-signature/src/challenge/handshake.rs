use std::borrow::Cow;
use std::fmt;

use http::Uri;
use rempart_keys::Secret;
use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::word::Word;
use crate::form;
use crate::{Rejection, Scheme};

/// The longest word that is echoed to somebody who has signed nothing.
const LONGEST: usize = 128;

/// The token that Meta shows, as its digest: comparing digests tells nothing of a length.
#[derive(Clone)]
pub(super) struct VerifyToken {
    length: usize,
    /// `None` is an error that a digest of 32 bytes never is.
    digest: Option<Secret>,
}

impl VerifyToken {
    pub(super) fn new(token: &Secret) -> Self {
        let digest = Sha256::digest(token.expose());
        Self { length: token.len(), digest: Secret::from_binary(digest.as_slice()).ok() }
    }

    pub(super) const fn length(&self) -> usize {
        self.length
    }

    fn is(&self, shown: &[u8]) -> bool {
        let shown = Sha256::digest(shown);
        self.digest.as_ref().is_some_and(|digest| digest.ct_eq(&shown))
    }
}

impl fmt::Debug for VerifyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyToken(..)")
    }
}

pub(super) fn dropbox(uri: &Uri) -> Result<Option<Answer>, Rejection> {
    let Some(challenge) = parameter(uri, "challenge")? else { return Ok(None) };
    echo(&challenge).map(Some)
}

pub(super) fn meta(uri: &Uri, token: &VerifyToken) -> Result<Option<Answer>, Rejection> {
    let [mode, challenge, shown] =
        ["hub.mode", "hub.challenge", "hub.verify_token"].map(|name| parameter(uri, name));
    if [&mode, &challenge, &shown].iter().all(|value| matches!(value, Ok(None))) {
        return Ok(None);
    }
    let [mode, challenge, shown] = [mode?, challenge?, shown?];
    let (Some(mode), Some(challenge), Some(shown)) = (mode, challenge, shown) else {
        return Err(Rejection::Missing);
    };
    if !token.is(&shown) {
        return Err(Rejection::Mismatch);
    }
    if *mode != *b"subscribe" {
        return Err(Rejection::Malformed);
    }
    echo(&challenge).map(Some)
}

fn echo(challenge: &[u8]) -> Result<Answer, Rejection> {
    let word = Word::plain(challenge, LONGEST).ok_or(Rejection::Malformed)?;
    Ok(Answer::text(&word))
}

/// The parameter of this name, which must be there once. Names are compared as they are decoded: a
/// second one in another spelling is a second one.
fn parameter<'a>(uri: &'a Uri, name: &str) -> Result<Option<Cow<'a, [u8]>>, Rejection> {
    let query = uri.query().unwrap_or_default();
    // No handshake is as long; what is not looked at is not answered.
    if query.len() > Scheme::MAX_HEADER {
        return Ok(None);
    }
    let mut values = form::parameters(query.as_bytes())
        .filter(|(found, _)| is_spelled(found, name))
        .map(|(_, value)| value);
    let value = values.next().map(form::decode);
    if values.next().is_some() {
        return Err(Rejection::Duplicated);
    }
    Ok(value)
}

/// Whether that is the name, in whatever spelling. One that is too short or too long to be it is
/// not decoded: anybody can send a thousand of them.
fn is_spelled(found: &[u8], name: &str) -> bool {
    let longest = name.len().saturating_mul(3);
    (name.len()..=longest).contains(&found.len()) && *form::decode(found) == *name.as_bytes()
}
