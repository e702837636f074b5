use rempart_keys::{ConfigError, Kind, Loader, Profile, Rule, Schema, SupabaseRole, Variable};

fn refused(profile: Profile, kind: Kind, value: &str) -> bool {
    let variable = Variable::new("A", kind).dangerously_short();
    let schema = Schema::new([variable]).unwrap();
    let loaded = Loader::new(&schema, profile).environment([("A", value)]).load();
    let Err(errors) = loaded else { return false };
    let placeholder =
        |e: &ConfigError| matches!(e, ConfigError::Value { rule: Rule::Placeholder, .. });
    errors.iter().all(placeholder)
}

#[test]
fn what_documentations_put_for_a_value_is_refused_in_every_profile() {
    for (kind, value) in [
        (Kind::HTTPS, "https://your_project_ref.supabase.co"),
        (Kind::Prefix("vapi_sk_"), "vapi_sk_XXXXXXXXXXXXXXXXXXXX"),
        (Kind::SupabaseKey(SupabaseRole::Anon), "sb_publishable_xxx"),
        (Kind::SupabaseKey(SupabaseRole::ServiceRole), "sb_secret_..."),
        (Kind::Text, "your-webhook-secret-of-more-than-32-bytes"),
        (Kind::TwilioSid, "ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        (Kind::TwilioToken, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        (Kind::TwilioToken, "00000000000000000000000000000000"),
        (Kind::E164, "+1XXXXXXXXXX"),
        (Kind::Text, "changeme"),
        (Kind::Text, "CHANGE_ME_BEFORE_GOING_TO_PRODUCTION_PLEASE"),
        (Kind::Text, "please-replace-me-with-32-random-bytes"),
        (Kind::Text, "<your secret here, at least 32 bytes>"),
        (Kind::Text, "<secret>"),
        (Kind::Text, "${VAPI_WEBHOOK_SECRET}"),
        (Kind::Text, "secret"),
        (Kind::Text, "Password"),
        (Kind::Text, "undefined"),
        (Kind::Text, "null"),
        (Kind::Text, "abc..."),
        (Kind::Text, "********************************"),
        (Kind::Text, "super-secret-jwt-token-with-at-least-32-characters-long"),
    ] {
        for profile in [Profile::Development, Profile::Production] {
            assert!(refused(profile, kind, value), "{value} in {profile}");
        }
    }
}

#[test]
fn what_only_resembles_one_is_taken() {
    for value in [
        "made-up-xxx-in-the-middle-of-the-value",
        "a-made-up-value-of-some-length-that-ends-in-xxx",
        "made-up/your-mileage-may-vary",
        "<made-up-value-that-only-begins-so",
        "made-up-value-that-only-ends-so>",
        "secretary",
        "nullable",
        "aab",
    ] {
        assert!(!refused(Profile::Production, Kind::Text, value), "{value}");
    }
}

#[test]
fn a_word_is_refused_as_a_secret_only() {
    for (variable, refused) in [
        (Variable::new("A", Kind::Text).dangerously_short(), true),
        (Variable::new("A", Kind::Text).browser_ok(), false),
    ] {
        let schema = Schema::new([variable]).unwrap();
        for value in ["test", "none", "000"] {
            let loader = Loader::new(&schema, Profile::Production).environment([("A", value)]);
            assert_eq!(loader.load().is_err(), refused, "{value} for {variable:?}");
        }
    }
}
