use std::time::Duration;

use super::span::Span;
use crate::json::{self, Text, Value};
use crate::number::numeric_date;
use crate::{Policy, Rejection};

/// What was found in the claims, and where.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stated {
    pub(super) subject: Option<Span>,
    pub(super) issuer: Option<Span>,
    issuer_is_good: bool,
    audiences: [Span; Policy::MAX_AUDIENCES],
    audience_count: u8,
    audience_is_good: bool,
    required_count: u8,
    pub(super) id: Option<Span>,
    pub(super) role: Option<Span>,
    pub(super) scope: Option<Span>,
    expires_at: Option<Duration>,
    pub(super) not_before: Option<Duration>,
    pub(super) issued_at: Option<Duration>,
}

impl Stated {
    /// Takes in what this member says.
    pub(super) fn take(
        &mut self,
        policy: &Policy,
        name: &str,
        value: Value<'_>,
    ) -> Result<(), Rejection> {
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

    /// For whom it is.
    pub(super) fn audiences(&self) -> impl Iterator<Item = Span> {
        self.audiences.into_iter().take(usize::from(self.audience_count))
    }

    /// When the token ends, if it is good at `now`.
    pub(super) fn judge(&self, policy: &Policy, now: Duration) -> Result<Duration, Rejection> {
        let expires_at = self.judge_times(policy, now)?;
        if usize::from(self.required_count) != policy.required().len() {
            return Err(Rejection::ClaimMissing);
        }
        if !self.issuer_is_good && !policy.any_issuer() {
            return Err(Rejection::WrongIssuer);
        }
        if !self.audience_is_good && !policy.any_audience() {
            return Err(Rejection::WrongAudience);
        }
        Ok(expires_at)
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
