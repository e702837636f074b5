use rempart_keys::{KeyId, Secret};
use rempart_redact::{Mask, Policy, Redactor};

fn partial() -> Redactor {
    let builder = Policy::builder("support").enable("ipv4").enable("ipv6").enable("ca_postal_code");
    Redactor::new(builder.partial_masks().build().unwrap())
}

#[test]
fn shows_what_helps_those_who_answer_the_telephone() {
    #[rustfmt::skip]
    let rows = [
        ("mail ann@Example.ca now",   "mail [REDACTED:email/@example.ca] now"),
        ("call +442071838750 now",    "call [REDACTED:phone_e164/8750] now"),
        ("paid 4111 1111 1111 1111",  "paid [REDACTED:credit_card/1111]"),
        ("peer 192.0.2.77:443",       "peer [REDACTED:ipv4/192.0.2.0]:443"),
        ("peer 2001:db8:1:2::7 now",  "peer [REDACTED:ipv6/2001:db8:1::] now"),
        ("to H0H 0H0",                "to [REDACTED:ca_postal_code/H0H]"),
        ("key pk_live_AAAAAAAAAAAAAA", "key [REDACTED:stripe_publishable_key/pk_live_]"),
        // Too much of a short one would show.
        ("call 514-555-0100 now",     "call [REDACTED:phone_nanp] now"),
        ("call +4420718387 now",      "call [REDACTED:phone_e164] now"),
        // A secret shows nothing, nor does what somebody else found as well.
        ("SIN 111 111 118",           "SIN [REDACTED:ca_sin]"),
        ("pan=4111111111111111",      "pan=[REDACTED:key]"),
    ];
    for (text, want) in rows {
        let redacted = partial().redact(text).into_owned();
        assert_eq!(redacted, want);
        assert_eq!(partial().redact(&redacted), redacted);
    }
}

#[test]
fn shows_nothing_unless_told_to() {
    let redactor = Redactor::new(Policy::builder("logs").build().unwrap());
    let text =
        "ann@example.ca +442071838750 4111 1111 1111 1111 AC00000000000000000000000000000000";
    let want = "[REDACTED:email] [REDACTED:phone_e164] [REDACTED:credit_card] [REDACTED:twilio_account_sid]";
    assert_eq!(redactor.redact(text), want);
}

#[test]
fn gives_the_same_name_to_the_same_account_under_one_key() {
    let with = |key: &str| {
        let secret = Secret::new(format!("made-up-key-for-names-{key}")).unwrap();
        let builder = Policy::builder("logs").pseudonyms(KeyId::new(key).unwrap(), &secret);
        Redactor::new(builder.build().unwrap())
    };
    let account = |digit: &str| format!("AC{}", digit.repeat(32));
    let name = |redactor: &Redactor, account: &str| redactor.redact(account).into_owned();
    let (first, second) = (with("2026-q3"), with("2026-q4"));
    let of_a = name(&first, &account("a"));
    assert!(of_a.starts_with("[REDACTED:twilio_account_sid/2026-q3."), "{of_a}");
    assert_eq!(of_a, name(&first, &account("a")));
    assert_ne!(of_a, name(&first, &account("b")));
    assert_ne!(of_a, name(&second, &account("a")));
    assert_eq!(first.redact(&of_a), of_a);
}

#[test]
fn a_mask_can_be_set_for_one_detector() {
    let policy = Policy::builder("logs").mask("email", Mask::Domain).build().unwrap();
    let redacted = Redactor::new(policy).redact("ann@example.ca +442071838750").into_owned();
    assert_eq!(redacted, "[REDACTED:email/@example.ca] [REDACTED:phone_e164]");
}

#[test]
fn what_only_looks_like_a_marker_hides_nothing() {
    let redactor = partial();
    for text in [
        "password=[REDACTED:hunter2hunter2]",
        "password=[REDACTED:email/hunter2hunter2]",
        "password=[REDACTED:key/hunter2hunter2]",
        "password=[REDACTED:credit_card/hunter2]",
        "password=[REDACTED:key]hunter2hunter2",
        "password=hunter2[REDACTED:key]hunter2",
        "[TRUNCATED 7 bytes] password=hunter2hunter2",
        "password=[TRUNCATED hunter2 bytes]",
        "[TRUNCATED password=hunter2 bytes]",
        "[TRUNCATED 7 bytes]password=hunter2 bytes]",
    ] {
        let redacted = redactor.redact(text).into_owned();
        assert!(!redacted.contains("hunter2"), "{text} -> {redacted}");
    }
}
