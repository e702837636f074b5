//! What of the richer parts of a scheme does not fit together.

use http::HeaderName;
use rempart_core::ManualClock;
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Algorithm, ConfigError, Coverage, Elements, Encoding, Extraction, Member, Scheme, SecretForm,
    SignedHeaders, Timestamp,
};

use crate::support::{builder, id};

fn faults(scheme: Scheme) -> Vec<ConfigError> {
    let policy = builder(scheme, &ManualClock::default());
    let policy = policy.dangerously_accept_coverage(Coverage::None).build();
    policy.err().map(|faults| faults.into_iter().collect()).unwrap_or_default()
}

fn name(text: &'static str) -> HeaderName {
    HeaderName::from_static(text)
}

fn further(headers: usize) -> Scheme {
    (1..headers).fold(Scheme::github(), |scheme, n| {
        scheme.with_further_header(HeaderName::try_from(format!("x-further-{n}")).unwrap())
    })
}

#[test]
fn a_scheme_fits_together_or_is_refused() {
    use ConfigError::{
        Extraction as Unfit, HeadersNotSigned, HeadersUndefined, IdUndefined, SharedSecret,
        SignatureInBody, SignatureUndefined, TimestampNotSigned, TimestampUndefined,
    };
    let member = || Member::new("signature");
    let no_member = |path: &'static str| ConfigError::Member { member: Member::new(path) };
    let in_body = || Scheme::in_body("acme", member());
    let text = |scheme: Scheme, template: &str| scheme.with_template(template.parse().unwrap());
    let time = || Timestamp::member(Member::new("time"));
    let listed = || Scheme::hook0();
    let names = |key: &'static str| SignedHeaders::element(key);
    let shared = || Scheme::gitlab();
    #[rustfmt::skip]
    let rows = vec![
        ("sixteen headers",               further(16),                                                vec![]),
        ("one more",                      further(17),                                                vec![ConfigError::TooManyHeaders { count: 17 }]),
        ("a header twice",                Scheme::hookdeck().with_further_header(name("x-hookdeck-signature")), vec![ConfigError::HeaderReused { header: name("x-hookdeck-signature") }]),
        ("a further one with the time",   Scheme::slack().with_further_header(name("x-slack-request-timestamp")), vec![ConfigError::HeaderReused { header: name("x-slack-request-timestamp") }]),
        ("a signature in the body",       text(in_body(), "{method}"),                                vec![]),
        ("and in a header",               text(in_body(), "{method}").with_header(name("x-a")),       vec![SignatureUndefined]),
        ("which covers that body",        text(in_body(), "{body}"),                                  vec![SignatureInBody]),
        ("in a member of no name",        text(in_body(), "{method}").with_extraction(Extraction::Member(Member::new(""))), vec![no_member("")]),
        ("in a member too deep",          text(in_body(), "{method}").with_extraction(Extraction::Member(Member::new("a.b.c.d.e"))), vec![no_member("a.b.c.d.e")]),
        ("in a member with a quote",      text(in_body(), "{method}").with_extraction(Extraction::Member(Member::new("a\"b"))), vec![no_member("a\"b")]),
        ("with a time beside it",         text(in_body(), "{timestamp}").with_timestamp(time()),      vec![]),
        ("with a time in a header",       text(in_body(), "{timestamp}").with_timestamp(Timestamp::header(name("x-t"))), vec![TimestampUndefined]),
        ("with a time in no list",        text(in_body(), "{timestamp}").with_timestamp(Timestamp::element("t")), vec![TimestampUndefined, TimestampUndefined]),
        ("with a time that is not signed", text(in_body(), "{method}").with_timestamp(time()),        vec![TimestampUndefined]),
        ("with an id beside it",          text(in_body(), "{id}").with_id_member(Member::new("id")),  vec![]),
        ("with an id in a header",        text(in_body(), "{id}").with_id(name("x-id")),              vec![IdUndefined]),
        ("a time in a signed body",       Scheme::linear(),                                           vec![]),
        ("a time in a body that is not",  text(Scheme::vapi(), "{method}").with_timestamp(time()),    vec![TimestampNotSigned]),
        ("a time of the body by name",    text(Scheme::vapi(), "{timestamp}{body}").with_timestamp(time()), vec![TimestampUndefined]),
        ("a time of a form",              Scheme::twilio().with_timestamp(time()),                    vec![TimestampNotSigned, ConfigError::PublicUrlMissing]),
        ("a time in no member",           Scheme::vapi().with_timestamp(Timestamp::member(Member::new("."))), vec![no_member(".")]),
        ("an id in a signed body",        Scheme::vapi().with_id_member(Member::new("id")),           vec![]),
        ("an id in a body that is not",   text(Scheme::vapi(), "{method}").with_id_member(Member::new("id")), vec![IdUndefined]),
        ("an id in no member",            Scheme::vapi().with_id_member(Member::new("a b")),          vec![no_member("a b")]),
        ("headers that nothing signs",    text(listed(), "{timestamp}.{body}"),                       vec![HeadersNotSigned]),
        ("names alone",                   text(listed(), "{timestamp}.{header-names}.{body}"),        vec![HeadersNotSigned]),
        ("headers that nothing names",    text(Scheme::vapi(), "{header-names}{header-values}{body}"), vec![HeadersUndefined]),
        ("names in no list",              listed().with_extraction(Extraction::WHOLE).with_timestamp(Timestamp::header(name("x-t"))), vec![HeadersNotSigned]),
        ("names under the time's key",    listed().with_signed_headers(names("t")),                   vec![Unfit]),
        ("names under no key",            listed().with_signed_headers(names("")),                    vec![Unfit]),
        ("names between blanks",          listed().with_extraction(Extraction::Elements(Elements::new(b' ', b'=', "v1"))), vec![Unfit]),
        ("a shared secret",               shared(),                                                   vec![]),
        ("one that signs",                text(shared(), "{body}"),                                   vec![SharedSecret]),
        ("one in hexadecimal",            shared().with_encoding(Encoding::Base64),                   vec![SharedSecret]),
        ("a MAC as it is",                Scheme::vapi().with_encoding(Encoding::Plain),              vec![SharedSecret]),
        ("a MAC of nothing known",        text(shared().with_algorithm(Algorithm::HmacSha256), ""),   vec![SharedSecret]),
        ("shared secrets in a list",      shared().with_extraction(Extraction::Elements(Elements::new(b',', b'=', "s"))), vec![Unfit]),
        ("a shared secret in the body",   in_body().with_algorithm(Algorithm::SharedSecret).with_encoding(Encoding::Plain), vec![Unfit]),
    ];
    for (row, scheme, want) in rows {
        assert_eq!(faults(scheme), want, "{row}");
    }
}

#[test]
fn a_secret_is_of_the_form_that_the_scheme_asks_for() {
    let scheme = |form: SecretForm| Scheme::github().with_secret_form(form);
    let (hex, list) = (scheme(SecretForm::hex("")), Scheme::supabase_auth());
    let basic = Scheme::postmark();
    let key = "C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let listed = |keys: usize| vec![format!("v1,whsec_{key}"); keys].join("|");
    let bad = || vec![ConfigError::SecretForm { key: id("a") }];
    let short =
        |length, minimum| vec![ConfigError::SecretTooShort { key: id("a"), length, minimum }];
    #[rustfmt::skip]
    let rows = [
        (&hex,   "000102030405060708090a0b0c0d0e0F".to_owned(), vec![]),
        (&hex,   "000102030405060708090a0b0c0d0e".to_owned(),   short(15, 16)),
        (&hex,   "000102030405060708090a0b0c0d0e0".to_owned(),  bad()),
        (&hex,   "000102030405060708090a0b0c0d0e0g".to_owned(), bad()),
        (&list,  listed(1),                                     vec![]),
        (&list,  listed(8),                                     vec![]),
        (&list,  listed(9),                                     bad()),
        (&list,  format!("{}|", listed(1)),                     bad()),
        (&list,  format!("{}|v1a,whpk_{key}", listed(1)),       bad()),
        (&list,  format!("{}|v1,whsec_C2FV", listed(1)),        short(3, 24)),
        (&basic, "user:a-made-up-password".to_owned(),          vec![]),
        (&basic, "a-made-up-password".to_owned(),               bad()),
        (&basic, ":a-made-up-password".to_owned(),              bad()),
    ];
    for (scheme, secret, want) in rows {
        let ring = KeyRing::single(id("a"), Secret::new(secret.clone()).unwrap());
        let policy = builder(scheme.clone(), &ManualClock::default()).keys(ring);
        let policy = policy.dangerously_accept_coverage(Coverage::None);
        let faults = policy.build().err().into_iter().flatten();
        assert!(faults.eq(want), "{secret}");
    }
}

#[test]
fn lists_of_keys_count_as_keys() {
    let listed = |n: u8| {
        let keys = (0..5).map(|nth| format!("v1,whsec_C2FVsBQIhrscChlQIMV+b5sSYspobX{n}{nth}"));
        Secret::new(keys.collect::<Vec<_>>().join("|")).unwrap()
    };
    let ring = KeyRing::single(id("a"), listed(0));
    let ring = ring.add(rempart_keys::Key::new(id("b"), listed(1))).unwrap();
    let policy = builder(Scheme::supabase_auth(), &ManualClock::default()).keys(ring);
    let fault = ConfigError::TooManyKeys { count: 10 };
    assert!(policy.build().unwrap_err().iter().eq([&fault]));
}

#[test]
fn a_fault_says_where_it_is() {
    for fault in faults(Scheme::in_body("a", Member::new("")).with_id_member(Member::new("a b"))) {
        assert!(fault.to_string().starts_with("scheme"), "{fault}");
    }
}
