use super::answer::Answer;
use super::word::Word;
use crate::Rejection;
use crate::json::{Object, Text, Value};

/// What a sender that signs wants echoed.
const LONGEST: usize = 256;

/// What Zoom wants signed; theirs have 22 bytes.
const LONGEST_PLAIN_TOKEN: usize = 64;

/// [`url_verification`](https://docs.slack.dev/reference/events/url_verification)
pub(super) fn slack(object: Object<'_>) -> Result<Option<Answer>, Rejection> {
    if !object.all("type").any(|value| value.is_text("url_verification")) {
        return Ok(None);
    }
    object.one("type").ok_or(Rejection::InvalidChallenge)?;
    echo(object)
}

/// A verification says in what is signed that the subscription waits for it.
pub(super) fn twitch(object: Object<'_>) -> Result<Option<Answer>, Rejection> {
    let waits = |value: Value<'_>| match value {
        Value::Object(subscription) => subscription
            .all("status")
            .any(|status| status.is_text("webhook_callback_verification_pending")),
        _ => false,
    };
    if !object.all("subscription").any(waits) {
        return Ok(None);
    }
    let subscription = object.one("subscription").and_then(Value::object);
    let status = subscription.and_then(|subscription| subscription.one("status"));
    status.ok_or(Rejection::InvalidChallenge)?;
    echo(object)
}

/// `endpoint.url_validation`; `sign` makes the hexadecimal MAC of a text.
pub(super) fn zoom(
    object: Object<'_>,
    sign: impl FnOnce(&str) -> Option<String>,
) -> Result<Option<Answer>, Rejection> {
    if !object.all("event").any(|value| value.is_text("endpoint.url_validation")) {
        return Ok(None);
    }
    let answer = || {
        object.one("event")?;
        let payload = object.one("payload")?.object()?;
        let token = payload.one("plainToken")?.text()?.decoded();
        let token = Word::plain(token.as_bytes(), LONGEST_PLAIN_TOKEN)?.as_str();
        let signed = sign(token)?;
        Some(format!(r#"{{"plainToken":"{token}","encryptedToken":"{signed}"}}"#))
    };
    let answer = answer().ok_or(Rejection::InvalidChallenge)?;
    Ok(Some(Answer::json(answer)))
}

/// `PING` is the type 1 of interactions, and the type 0 of webhook events, whose type 1 is an event.
#[cfg(feature = "ed25519")]
pub(super) fn discord(object: Object<'_>) -> Result<Option<Answer>, Rejection> {
    let has_type = |number| object.all("type").any(|value| value == Value::Number(number));
    if object.all("event").next().is_some() || !has_type("0") && !has_type("1") {
        return Ok(None);
    }
    match object.one("type") {
        Some(Value::Number("0")) => Ok(Some(Answer::no_content())),
        Some(Value::Number("1")) => Ok(Some(Answer::json(&br#"{"type":1}"#[..]))),
        _ => Err(Rejection::InvalidChallenge),
    }
}

fn echo(object: Object<'_>) -> Result<Option<Answer>, Rejection> {
    let challenge = object.one("challenge").and_then(Value::text).map(Text::decoded);
    let word = challenge.as_ref().and_then(|text| Word::token68(text.as_bytes(), LONGEST));
    Ok(Some(Answer::text(&word.ok_or(Rejection::InvalidChallenge)?)))
}
