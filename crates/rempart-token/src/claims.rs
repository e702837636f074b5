use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use memchr::memchr;
use rempart_core::{KeyId, PolicyName};
use serde::Deserialize;
use thiserror::Error;

use crate::json::{self, Fault, Text, Value};
use crate::number::numeric_date;
use crate::{Policy, Rejection};

/// What a verified token says; in a request's extensions behind a [`TokenLayer`](crate::TokenLayer).
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
///     Claims { escaped: None, ..seen }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    json: Arc<[u8]>,
    escaped: Option<Arc<[Unescaped]>>,
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
        if let Some(escaped) = &self.escaped
            && let Ok(place) = escaped.binary_search_by_key(&span.start, |text| text.start)
        {
            return escaped.get(place).map(|text| &*text.plain);
        }
        str::from_utf8(self.json.get(span.range())?).ok()
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
    let expires_at = stated.judge_times(policy, now)?;
    if usize::from(stated.required_count) != policy.required().len() {
        return Err(Rejection::ClaimMissing);
    }
    if !stated.issuer_is_good && !policy.any_issuer() {
        return Err(Rejection::WrongIssuer);
    }
    if !stated.audience_is_good && !policy.any_audience() {
        return Err(Rejection::WrongAudience);
    }
    let escaped = if memchr(b'\\', &json).is_some() { Some(unescaped(text)?) } else { None };
    let policy_name = *policy.name();
    let claims = Claims { json, escaped, stated, expires_at, policy: policy_name, key };
    if let Some(revocations) = policy.revocations() {
        let issued_at = stated.issued_at.ok_or(Rejection::Undated)?;
        if revocations.cover(claims.id(), claims.subject(), issued_at) {
            return Err(Rejection::Revoked);
        }
    }
    Ok(claims)
}

/// What was found in the claims, and where.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Stated {
    subject: Option<Span>,
    issuer: Option<Span>,
    issuer_is_good: bool,
    audiences: [Span; Policy::MAX_AUDIENCES],
    audience_count: u8,
    audience_is_good: bool,
    required_count: u8,
    id: Option<Span>,
    role: Option<Span>,
    scope: Option<Span>,
    expires_at: Option<Duration>,
    not_before: Option<Duration>,
    issued_at: Option<Duration>,
}

impl Stated {
    fn take(&mut self, policy: &Policy, name: &str, value: Value<'_>) -> Result<(), Rejection> {
        // A name is there once at most, so counting is enough.
        if policy.required().iter().any(|required| required == name)
            && !matches!(value, Value::Null)
        {
            self.required_count = self.required_count.wrapping_add(1);
        }
        match name {
            "sub" => self.subject = Some(string(value)?.1),
            "jti" => self.id = Some(string(value)?.1),
            "iss" => {
                let (issuer, span) = string(value)?;
                self.issuer = Some(span);
                self.issuer_is_good = policy.takes_issuer(&issuer.plain());
            }
            "aud" => self.take_audiences(policy, value)?,
            "exp" => self.expires_at = Some(date(value)?),
            "nbf" => self.not_before = Some(date(value)?),
            "iat" => self.issued_at = Some(date(value)?),
            "role" => self.role = text(value).map(|(_, span)| span),
            "scope" => self.scope = text(value).map(|(_, span)| span),
            _ => {}
        }
        Ok(())
    }

    fn take_audiences(&mut self, policy: &Policy, value: Value<'_>) -> Result<(), Rejection> {
        match value {
            Value::Array(list, at) => json::array(list, |element| {
                let (audience, span) = string(element)?;
                self.take_audience(policy, &audience, span.behind(at)?)
            }),
            one => {
                let (audience, span) = string(one)?;
                self.take_audience(policy, &audience, span)
            }
        }
    }

    fn take_audience(
        &mut self,
        policy: &Policy,
        audience: &Text<'_>,
        span: Span,
    ) -> Result<(), Rejection> {
        let place = self.audiences.get_mut(usize::from(self.audience_count));
        *place.ok_or(Rejection::Malformed)? = span;
        self.audience_count = self.audience_count.wrapping_add(1);
        self.audience_is_good |= policy.takes_audience(&audience.plain());
        Ok(())
    }

    /// When it ends, if it has begun and has not ended.
    fn judge_times(&self, policy: &Policy, now: Duration) -> Result<Duration, Rejection> {
        let expires_at = self.expires_at.ok_or(Rejection::LifeTooLong)?;
        // To the second: the clocks' difference is no reason to prolong a life.
        if now >= expires_at {
            return Err(Rejection::Expired);
        }
        let soon = now.saturating_add(policy.skew());
        if self.not_before.is_some_and(|begins| begins > soon) {
            return Err(Rejection::NotYetValid);
        }
        if self.issued_at.is_some_and(|issued| issued > soon) {
            return Err(Rejection::IssuedInFuture);
        }
        let life = expires_at.saturating_sub(self.issued_at.unwrap_or(now));
        if life > policy.max_life() {
            return Err(Rejection::LifeTooLong);
        }
        Ok(expires_at)
    }

    fn audiences(&self) -> impl Iterator<Item = Span> {
        self.audiences.into_iter().take(usize::from(self.audience_count))
    }
}

/// Where a text stands in the claims; a token is short enough for two bytes each.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Span {
    start: u16,
    end: u16,
}

impl Span {
    fn of(text: &Text<'_>) -> Result<Self, Fault> {
        let start = u16::try_from(text.at).map_err(|_| Fault::Syntax)?;
        let length = u16::try_from(text.raw.len()).map_err(|_| Fault::Syntax)?;
        Ok(Self { start, end: start.checked_add(length).ok_or(Fault::Syntax)? })
    }

    fn behind(self, at: usize) -> Result<Self, Fault> {
        let shift = |place: u16| u16::try_from(at).ok()?.checked_add(place);
        match (shift(self.start), shift(self.end)) {
            (Some(start), Some(end)) => Ok(Self { start, end }),
            _ => Err(Fault::Syntax),
        }
    }

    fn range(self) -> std::ops::Range<usize> {
        self.start.into()..self.end.into()
    }
}

/// A text that is written with escapes, and what it means.
#[derive(Clone, PartialEq, Eq)]
struct Unescaped {
    start: u16,
    plain: Box<str>,
}

/// The texts that are not written as they are meant, in their order. Few issuers write any.
fn unescaped(json: &str) -> Result<Arc<[Unescaped]>, Rejection> {
    let mut found = Vec::new();
    json::object(json, |_, value| match value {
        Value::Array(list, at) => json::array(list, |element| {
            found.extend(Unescaped::of(element, at)?);
            Ok(())
        }),
        value => {
            found.extend(Unescaped::of(value, 0)?);
            Ok::<(), Fault>(())
        }
    })?;
    Ok(found.into())
}

impl Unescaped {
    fn of(value: Value<'_>, at: usize) -> Result<Option<Self>, Fault> {
        match value {
            Value::Text(text) if text.escaped => {
                let start = Span::of(&text)?.behind(at)?.start;
                Ok(Some(Self { start, plain: text.plain().into() }))
            }
            _ => Ok(None),
        }
    }
}

fn text(value: Value<'_>) -> Option<(Text<'_>, Span)> {
    match value {
        Value::Text(text) => Some((text, Span::of(&text).ok()?)),
        _ => None,
    }
}

/// A text that must be one, and not too long.
fn string(value: Value<'_>) -> Result<(Text<'_>, Span), Rejection> {
    text(value).filter(|(text, _)| text.raw.len() <= Policy::MAX_TEXT).ok_or(Rejection::Malformed)
}

fn date(value: Value<'_>) -> Result<Duration, Rejection> {
    match value {
        Value::Number(number) => numeric_date(number).ok_or(Rejection::Malformed),
        _ => Err(Rejection::Malformed),
    }
}
