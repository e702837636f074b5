//! Made-up keys, in the forms in which vendors show theirs.

use rempart_signature::Scheme;

use crate::chance::Chance;

/// What a vendor signs with, and what it shows.
pub(crate) struct Keys {
    pub(crate) private: &'static str,
    pub(crate) public: &'static str,
}

const fn shared(secret: &'static str) -> Keys {
    Keys { private: secret, public: secret }
}

const fn pair(private: &'static str, public: &'static str) -> Keys {
    Keys { private, public }
}

/// Base64 behind a prefix, and longer than 32 characters: a secret in every form.
const SECRETS: [Keys; 2] = [
    shared("whsec_bWFkZS11cC1mb3ItdGhlLXRlc3RzLW9ubHktMQ=="),
    shared("whsec_bWFkZS11cC1mb3ItdGhlLXRlc3RzLW9ubHktMg=="),
];

const SUPABASE: [Keys; 2] = [
    shared("v1,whsec_bWFkZS11cC1mb3ItdGhlLXRlc3RzLW9ubHktMQ=="),
    shared("v1,whsec_bWFkZS11cC1mb3ItdGhlLXRlc3RzLW9ubHktMg=="),
];

/// `made-up-for-the-tests-only-no-01`, as a seed and as a number.
const FIRST: &str = "6d6164652d75702d666f722d7468652d74657374732d6f6e6c792d6e6f2d3031";
/// `made-up-for-the-tests-only-no-02`.
const SECOND: &str = "6d6164652d75702d666f722d7468652d74657374732d6f6e6c792d6e6f2d3032";
/// `nobody-gave-this-key-to-a-vendor`.
const NOBODYS: &str = "6e6f626f64792d676176652d746869732d6b65792d746f2d612d76656e646f72";

const ED25519_HEX: [Keys; 2] = [
    pair(FIRST, "e174483f0d7c379a8250cc4cd27f0f902d7c14918d60e42901f8a2e9b53741d1"),
    pair(SECOND, "9fe35b899409e7833697827086434b075e72000e8585c0feb0fe50b9a288488f"),
];

const ED25519_BASE64: [Keys; 2] = [
    pair(FIRST, "4XRIPw18N5qCUMxM0n8PkC18FJGNYOQpAfii6bU3QdE="),
    pair(SECOND, "n+NbiZQJ54M2l4JwhkNLB15yAA6FhcD+sP5QuaKISI8="),
];

const P256_SPKI: [Keys; 2] = [
    pair(
        FIRST,
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWeg8cN/uehNp4kkH2T68mmITx/WbjLsFscchLQMtb4XtRWKd1rUyXNcl\
         VbMX6/IDnwBhs5DQ8NeOAxIgS358Cw==",
    ),
    pair(
        SECOND,
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDxJJE5mW7azUfLu+zKNhos63HQDuEgg4IkowL441VdmQjNQK5cJlpb1F\
         zNGEHMwVnwZ83EmR8BOW82zJXJmuzA==",
    ),
];

pub(crate) fn of(scheme: &Scheme, chance: &mut Chance) -> &'static Keys {
    let keys: &'static [Keys; 2] = match scheme.name() {
        "discord" => &ED25519_HEX,
        "sendgrid" => &P256_SPKI,
        "supabase-auth" => &SUPABASE,
        "telnyx" => &ED25519_BASE64,
        _ => &SECRETS,
    };
    &keys[chance.below(keys.len())]
}

/// What nobody signs with.
pub(crate) fn strangers(scheme: &Scheme) -> &'static str {
    match scheme.name() {
        "supabase-auth" => "v1,whsec_bm90LXRoZS1zZWNyZXQtb2YtYW55Ym9keQ==",
        _ if scheme.algorithm().is_mac() => "whsec_bm90LXRoZS1zZWNyZXQtb2YtYW55Ym9keQ==",
        _ => NOBODYS,
    }
}
