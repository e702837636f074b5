//! Values of variables, as operators fill them in.

use rempart::keys::{Kind, Loader, Profile, Schema, SupabaseRole, VapiScope, Variable};

/// A role is told only where all readers of JSON see the same one, and no error shows the value.
pub(crate) fn variable_value(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Some(role) = SupabaseRole::of(text) {
        let begins = text.starts_with("sb_publishable_") || text.starts_with("sb_secret_");
        assert!(begins || said(text, &["role"]).is_none_or(|said| said == role.as_str()));
    }
    if let Some(scope) = VapiScope::of(text) {
        let begins = text.starts_with("vapi_sk_") || text.starts_with("vapi_pk_");
        assert!(begins || said(text, &["token", "tag"]).is_none_or(|said| said == scope.as_str()));
    }
    let planted = format!("{text}{CANARY}");
    for (name, kind) in KINDS {
        let schema = Schema::new([Variable::new(name, kind)]).expect("a schema");
        let loader = Loader::new(&schema, Profile::Production);
        let told = match loader.environment([(name, planted.as_str())]).load() {
            Ok(values) => format!("{values:?} {:?}", values.warnings()),
            Err(faults) => format!("{faults} {faults:?}"),
        };
        assert!(!told.contains(CANARY));
    }
}

/// The text at `path` of a token's payload, where the reader of this target can read it: it keeps
/// no order and no bounds of ours, and has its own for numbers and for depth.
fn said(token: &str, path: &[&str]) -> Option<String> {
    let payload = base64url(token.split('.').nth(1)?)?;
    let json: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    let text = path.iter().try_fold(&json, |value, name| value.get(name))?;
    Some(text.as_str().expect("a role is a text").to_owned())
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = Vec::new();
    for byte in text.bytes() {
        let value = digits.iter().position(|digit| *digit == byte)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1));
    Some(bits.chunks_exact(8).map(byte).collect())
}

const CANARY: &str = "zq7canary7qz";

const KINDS: [(&str, Kind); 11] = [
    ("A", Kind::E164),
    ("B", Kind::HTTPS),
    ("C", Kind::Hex),
    ("D", Kind::Jwt),
    ("E", Kind::Origin),
    ("F", Kind::SupabaseKey(SupabaseRole::ServiceRole)),
    ("G", Kind::Text),
    ("H", Kind::TwilioSid),
    ("I", Kind::TwilioToken),
    ("J", Kind::Uuid),
    ("K", Kind::VapiKey(VapiScope::Private)),
];
