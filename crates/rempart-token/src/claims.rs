mod span;
mod stated;
mod unescaped;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::{KeyId, PolicyName};
use serde::Deserialize;
use thiserror::Error;

use self::span::Span;
use self::stated::Stated;
use self::unescaped::Unescaped;
use crate::json::{self, Fault, Value};
use crate::{Policy, Rejection};

/// What a verified token says; in a request's extensions behind a
/// [`TokenLayer`](crate::TokenLayer).
///
/// Only this crate makes one: a handler that finds it knows that the layer was there. A clone bumps
/// a reference count. `Debug` shows when it ends and which key made it, and nothing of whom it is
/// about.
///
/// ```
/// use http::Request;
/// use rempart_token::Claims;
///
/// fn handle<B>(request: &Request<B>) -> Option<&str> {
///     request.extensions().get::<Claims>()?.subject()
/// }
/// assert_eq!(handle(&Request::new(())), None);
/// ```
///
/// A forged one does not compile:
///
/// ```compile_fail,E0451
/// # use rempart_token::Claims;
/// fn forge(seen: Claims) -> Claims {
///     Claims { expires_at: std::time::Duration::MAX, ..seen }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    json: Arc<[u8]>,
    unescaped: Unescaped,
    stated: Stated,
    expires_at: Duration,
    policy: PolicyName,
    key: KeyId,
}

impl Claims {
    /// Whom it is about: `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text_at(self.stated.subject?)
    }

    /// Who made it: `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text_at(self.stated.issuer?)
    }

    /// For whom it is: `aud`, be it one or a list.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        self.stated.audiences().filter_map(|span| self.text_at(span))
    }

    /// Its own identifier: `jti`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.text_at(self.stated.id?)
    }

    /// When it was made, since the Unix epoch: `iat`.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Duration> {
        self.stated.issued_at
    }

    /// When it ends, since the Unix epoch: `exp`.
    #[must_use]
    pub const fn expires_at(&self) -> Duration {
        self.expires_at
    }

    /// When it begins, since the Unix epoch: `nbf`.
    #[must_use]
    pub const fn not_before(&self) -> Option<Duration> {
        self.stated.not_before
    }

    /// The key that made it.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// The policy that found it good.
    #[must_use]
    pub const fn policy(&self) -> PolicyName {
        self.policy
    }

    /// `role`, if it is a text.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.text_at(self.stated.role?)
    }

    /// The words of `scope` ([RFC 8693 §4.2](https://www.rfc-editor.org/rfc/rfc8693#section-4.2)).
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let scope = self.stated.scope.and_then(|span| self.text_at(span));
        scope.unwrap_or_default().split(' ').filter(|word| !word.is_empty())
    }

    /// The claim of this name, if it is a text. The claims are looked through for it.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let mut found = None;
        json::object(self.json(), |member, value| {
            if let (true, Value::Text(text)) = (member == name, value) {
                found = Some(Span::of(&text)?);
            }
            Ok::<(), Fault>(())
        })
        .ok()?;
        self.text_at(found?)
    }

    /// The whole of the claims as a type of yours.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Session {
    ///     tenant: u64,
    /// }
    /// # use rempart_token::{Claims, DecodeError};
    /// fn tenant(claims: &Claims) -> Result<u64, DecodeError> {
    ///     claims.decode::<Session>().map(|session| session.tenant)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError`], which says where, and nothing of what stands there.
    pub fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        serde_json::from_slice(&self.json).map_err(|fault| DecodeError { column: fault.column() })
    }

    fn json(&self) -> &str {
        str::from_utf8(&self.json).unwrap_or_default()
    }

    fn text_at(&self, span: Span) -> Option<&str> {
        let as_written = || str::from_utf8(self.json.get(span.range())?).ok();
        self.unescaped.at(span).or_else(as_written)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("policy", &self.policy)
            .field("key", &self.key)
            .field("issued_at", &self.stated.issued_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The claims are not of the type that was asked for.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the claims are not of the form asked for, at column {column}")]
pub struct DecodeError {
    column: usize,
}

impl DecodeError {
    /// Where in the claims, counted from 1; 0 if it is a matter of the whole.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }
}

/// Reads claims whose tag is that of `key`, and judges them at `now`.
pub(crate) fn judge(
    policy: &Policy,
    key: KeyId,
    json: Arc<[u8]>,
    now: Duration,
) -> Result<Claims, Rejection> {
    let text = str::from_utf8(&json).map_err(|_| Rejection::Malformed)?;
    let mut stated = Stated::default();
    json::object(text, |name, value| stated.take(policy, name, value))?;
    let expires_at = stated.judge(policy, now)?;
    let unescaped = Unescaped::of(text)?;
    let claims = Claims { json, unescaped, stated, expires_at, policy: *policy.name(), key };
    if let Some(revocations) = policy.revocations() {
        let issued_at = stated.issued_at.ok_or(Rejection::Undated)?;
        if revocations.cover(claims.id(), claims.subject(), issued_at) {
            return Err(Rejection::Revoked);
        }
    }
    Ok(claims)
}
