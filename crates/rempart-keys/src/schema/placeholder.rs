use zeroize::Zeroizing;

use super::jwt::Payload;

/// Whether a text is a key that everybody has: those of a local Supabase are issued by this name,
/// and signed with a secret that its documentation prints.
pub(super) fn is_demonstration(text: &str) -> bool {
    Payload::of(text).is_some_and(|payload| payload.says(&["iss"], "supabase-demo"))
}

/// Whether a text is what documentations and templates put in the place of a value; of a secret,
/// also whether it is a word that everybody tries first.
///
/// What it refuses, a generator of secrets does not put out: the fragments are long, or stand at
/// one end, or make up the whole value.
pub(super) fn is_placeholder(text: &str, secret: bool) -> bool {
    let lower = Zeroizing::new(text.to_ascii_lowercase());
    let lower = lower.as_str();
    (secret && (WHOLE.contains(&lower) || is_one_byte(lower)))
        || FRAGMENTS.iter().any(|fragment| lower.contains(fragment))
        || STARTS.iter().any(|start| lower.starts_with(start))
        || lower.ends_with("...")
        || is_crossed_out(lower)
        || (lower.starts_with('<') && lower.ends_with('>'))
}

/// `vapi_sk_xxx`, `ACxxx`, `+1xxx`: a short beginning, and then crosses only.
fn is_crossed_out(lower: &str) -> bool {
    let head = lower.trim_end_matches(['x', '*', '•']);
    let crosses = lower.len().saturating_sub(head.len());
    crosses >= 3 && head.len() <= 16
}

fn is_one_byte(lower: &str) -> bool {
    let mut bytes = lower.bytes();
    let first = bytes.next();
    lower.len() >= 3 && bytes.all(|byte| Some(byte) == first)
}

const WHOLE: [&str; 16] = [
    "admin",
    "anon_key",
    "api_key",
    "default",
    "dummy",
    "example",
    "foo",
    "none",
    "null",
    "password",
    "secret",
    "service_role_key",
    "test",
    "todo",
    "token",
    "undefined",
];

const FRAGMENTS: [&str; 12] = [
    "://your-",
    "://your_",
    "changeme",
    "change-me",
    "change_me",
    "insert-your",
    "insert_your",
    "placeholder",
    "replace-me",
    "replace_me",
    "replaceme",
    "your-project",
];

const STARTS: [&str; 7] =
    ["${", "<your", "my-secret", "super-secret-jwt-token", "your ", "your-", "your_"];
