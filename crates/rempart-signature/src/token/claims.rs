use std::time::Duration;

use http::HeaderValue;

use super::{BodyToken, TokenTime};
use crate::json::{Distinct, Value};
use crate::key::Tag;
use crate::scheme::{Place, Time};
use crate::{Algorithm, Rejection, Window};

/// What a token says, once it is known who says it.
pub(super) struct Claims {
    /// The SHA-256 of the body.
    pub(super) digest: Tag,
    /// When it was made, if it says so.
    pub(super) issued: Option<Duration>,
    pub(super) id: Option<HeaderValue>,
}

impl Claims {
    /// Reads claims that are good now.
    pub(super) fn read(text: &[u8], wanted: &BodyToken, now: Duration) -> Result<Self, Rejection> {
        let claims = Distinct::read(text, BodyToken::MAX_MEMBERS)?;
        if !wanted.issuers.is_empty() {
            let issuer = claims.get("iss").ok_or(Rejection::Missing)?;
            if !wanted.issuers.iter().any(|known| issuer.is_text(known)) {
                return Err(Rejection::WrongIssuer);
            }
        }
        let [issued, not_before, expires] = ["iat", "nbf", "exp"].map(|name| claims.get(name));
        let (issued, not_before) = (seconds(issued)?, seconds(not_before)?);
        wanted.time.judge([issued, not_before, seconds(expires)?], now)?;
        let digest = claims.get(&wanted.digest).ok_or(Rejection::InsufficientCoverage)?;
        let digest = digest.text().and_then(|text| {
            let text = text.plain()?.as_bytes();
            // A tag of this algorithm is as long as the digest.
            wanted.encoding.decode(text, Algorithm::HmacSha256)
        });
        let id = match claims.get("jti") {
            None => None,
            Some(id) => Some(header_value(id).ok_or(Rejection::Malformed)?),
        };
        let issued = issued.or(not_before).map(Duration::from_secs);
        Ok(Self { digest: digest.ok_or(Rejection::Malformed)?, issued, id })
    }
}

impl TokenTime {
    fn judge(
        self,
        [issued, not_before, expires]: [Option<u64>; 3],
        now: Duration,
    ) -> Result<(), Rejection> {
        let window = self.window().unwrap_or(Window::DEFAULT);
        let place = |seconds| window.judge(Time::Seconds(seconds), now);
        let early = |seconds: &u64| place(*seconds) == Place::Future;
        if issued.iter().chain(&not_before).any(early) {
            return Err(Rejection::FutureTimestamp);
        }
        if expires.is_some_and(|expires| expires <= now.as_secs()) {
            return Err(Rejection::Expired);
        }
        match self {
            Self::Expires(window) => {
                let last = now.saturating_add(window.past()).saturating_add(window.future());
                let expires = expires.ok_or(Rejection::Missing)?;
                if expires > last.as_secs() { Err(Rejection::FutureTimestamp) } else { Ok(()) }
            }
            Self::Issued(_) => match place(issued.ok_or(Rejection::Missing)?) {
                Place::Past => Err(Rejection::StaleTimestamp),
                Place::Within | Place::Future => Ok(()),
            },
            Self::Unsaid => Ok(()),
        }
    }
}

/// A time as digits and nothing else, since the Unix epoch.
fn seconds(claim: Option<Value<'_>>) -> Result<Option<u64>, Rejection> {
    match claim {
        None => Ok(None),
        Some(Value::Number(digits)) => digits.parse().map(Some).map_err(|_| Rejection::Malformed),
        Some(_) => Err(Rejection::Malformed),
    }
}

/// An id as it may be shown and stored: visible ASCII.
fn header_value(id: Value<'_>) -> Option<HeaderValue> {
    let id = id.text()?.decoded();
    let fits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
    HeaderValue::from_str(&id).ok().filter(|_| fits)
}
