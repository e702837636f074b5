use zeroize::Zeroizing;

use super::role::may_be_service_role;
use super::{Policy, Rejection};

/// The longest header line or query parameter that is looked at; past it nobody can say what it is.
const MAX_LINE: usize = 16 * 1024;

/// Judges the value of a header, whatever scheme it names: `Bearer …`, or the credential alone.
pub(super) fn judge<'p>(policy: &'p Policy, value: &[u8]) -> Result<(), Rejection<'p>> {
    if value.len() > MAX_LINE {
        return Err(Rejection::ServiceRole);
    }
    let value = value.trim_ascii();
    let without_scheme = value
        .iter()
        .position(u8::is_ascii_whitespace)
        .and_then(|end| value.get(end..).map(<[u8]>::trim_ascii));
    // As a whole too, for a secret may hold what parts credentials elsewhere.
    for credential in [Some(value), without_scheme].into_iter().flatten() {
        judge_secret(policy, credential)?;
    }
    for credential in value.split(|byte| is_separator(*byte)).filter(|part| !part.is_empty()) {
        judge_secret(policy, credential)?;
        if credential.starts_with(b"sb_secret_") || may_be_service_role(credential) {
            return Err(Rejection::ServiceRole);
        }
    }
    Ok(())
}

/// Judges the parameters `apikey` of a query, as a form's encoding writes them.
pub(super) fn judge_query<'p>(policy: &'p Policy, query: &str) -> Result<(), Rejection<'p>> {
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !is_apikey(name) {
            continue;
        }
        if value.len() > MAX_LINE {
            return Err(Rejection::ServiceRole);
        }
        // Made at its full size: a buffer that grows leaves copies of what it held.
        let mut decoded = Zeroizing::new(Vec::with_capacity(value.len()));
        decoded.extend(decode(value.as_bytes()));
        judge(policy, &decoded)?;
    }
    Ok(())
}

fn judge_secret<'p>(policy: &'p Policy, credential: &[u8]) -> Result<(), Rejection<'p>> {
    let secret = policy.secret(credential);
    secret.map_or(Ok(()), |secret| Err(Rejection::ServerOnly { secret }))
}

/// What parts a scheme from a credential, and parameters and lists of credentials.
const fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'=' | b'"' | b'\'')
}

fn is_apikey(name: &str) -> bool {
    // Each byte may take three.
    name.len() <= 18 && {
        let mut decoded = decode(name.as_bytes());
        let same = b"apikey"
            .iter()
            .all(|byte| decoded.next().is_some_and(|sent| sent.eq_ignore_ascii_case(byte)));
        same && decoded.next().is_none()
    }
}

/// Undoes `%XX` and `+`; a `%` that starts no escape is a byte like any other.
fn decode(mut text: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (byte, rest) = match text {
            [] => return None,
            [b'%', high, low, rest @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, rest),
                _ => (b'%', text.get(1..)?),
            },
            [b'+', rest @ ..] => (b' ', rest),
            [byte, rest @ ..] => (*byte, rest),
        };
        text = rest;
        Some(byte)
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
