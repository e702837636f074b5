//! The variables of a real policy, and what a template of it puts for their values.

use rempart_keys::{
    ConfigError, Kind, Loader, Profile, Provenance, Rule, Schema, SupabaseRole, VapiScope, Variable,
};

use crate::folder::Folder;
use crate::roles::jwt;

const VARIABLES: [Variable; 10] = [
    needed("SUPABASE_URL", Kind::HTTPS).browser_ok(),
    needed("SUPABASE_ANON_KEY", Kind::SupabaseKey(SupabaseRole::Anon)).browser_ok(),
    secret("SUPABASE_SERVICE_ROLE_KEY", Kind::SupabaseKey(SupabaseRole::ServiceRole)),
    secret("VAPI_API_KEY", Kind::VapiKey(VapiScope::Private)),
    secret("VAPI_WEBHOOK_SECRET", Kind::Text),
    needed("VAPI_PUBLIC_KEY", Kind::VapiKey(VapiScope::Public)).browser_ok(),
    needed("VAPI_ASSISTANT_ID", Kind::Uuid).browser_ok(),
    needed("TWILIO_ACCOUNT_SID", Kind::TwilioSid).browser_ok(),
    secret("TWILIO_AUTH_TOKEN", Kind::TwilioToken),
    needed("TWILIO_PHONE_NUMBER", Kind::E164).browser_ok(),
];

const fn needed(name: &'static str, kind: Kind) -> Variable {
    Variable::new(name, kind).required_in(Profile::Production)
}

const fn secret(name: &'static str, kind: Kind) -> Variable {
    needed(name, kind).rotated_every(Variable::QUARTERLY)
}

/// What the policy's own template says.
const TEMPLATE: [(&str, &str); 10] = [
    ("SUPABASE_URL", "https://your-project.supabase.co"),
    ("SUPABASE_ANON_KEY", "your_anon_key"),
    ("SUPABASE_SERVICE_ROLE_KEY", "your_service_role_key"),
    ("VAPI_API_KEY", "vapi_sk_xxx"),
    ("VAPI_WEBHOOK_SECRET", "your_webhook_secret"),
    ("VAPI_PUBLIC_KEY", "vapi_pk_xxx"),
    ("VAPI_ASSISTANT_ID", "your_assistant_id"),
    ("TWILIO_ACCOUNT_SID", "ACxxx"),
    ("TWILIO_AUTH_TOKEN", "your_auth_token"),
    ("TWILIO_PHONE_NUMBER", "+1xxx"),
];

/// Made up, and of the right forms.
fn values() -> Vec<(&'static str, String)> {
    vec![
        ("SUPABASE_URL", "https://project.example".into()),
        ("SUPABASE_ANON_KEY", jwt(r#"{"iss":"supabase","role":"anon"}"#)),
        ("SUPABASE_SERVICE_ROLE_KEY", jwt(r#"{"iss":"supabase","role":"service_role"}"#)),
        ("VAPI_API_KEY", "6f1c2f0e-0000-4000-8000-00000000abcd".into()),
        ("VAPI_WEBHOOK_SECRET", "made-up-secret-of-32-bytes-or-so".into()),
        ("VAPI_PUBLIC_KEY", "6f1c2f0e-0000-4000-8000-00000000abce".into()),
        ("VAPI_ASSISTANT_ID", "6f1c2f0e-0000-4000-8000-00000000abcf".into()),
        ("TWILIO_ACCOUNT_SID", ["AC", "0123456789abcdef0123456789abcdef"].concat()),
        ("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef".into()),
        ("TWILIO_PHONE_NUMBER", "+15145550123".into()),
    ]
}

#[test]
fn the_ten_variables_are_said_and_loaded() {
    let schema = Schema::new(VARIABLES).unwrap();
    let loaded = Loader::new(&schema, Profile::Production).environment(values()).load().unwrap();
    assert_eq!(loaded.entries().count(), 10);
    assert_eq!(loaded.warnings(), []);
    let server_only: Vec<_> = loaded.server_only().map(|(name, _)| name).collect();
    let rotated = VARIABLES.into_iter().filter(|variable| variable.rotation().is_some());
    assert_eq!(server_only, rotated.map(|variable| variable.name()).collect::<Vec<_>>());
    assert!(VARIABLES.iter().all(|variable| variable.is_required_in(Profile::Production)));
}

#[test]
fn each_of_the_ten_placeholders_is_refused_by_name_wherever_it_stands() {
    let folder = Folder::new();
    let lines = TEMPLATE.map(|(name, value)| format!("{name}={value}\n"));
    let dotenv = folder.file(".env", lines.concat());
    let schema = Schema::new(VARIABLES).unwrap();
    for profile in [Profile::Development, Profile::Production] {
        let loader = || Loader::new(&schema, profile);
        let files: Vec<_> = TEMPLATE
            .map(|(name, value)| (format!("{name}_FILE"), folder.file(name, format!("{value}\n"))))
            .into();
        for (provenance, loader) in [
            (Provenance::Environment, loader().environment(TEMPLATE)),
            (Provenance::Dotenv, loader().dotenv(&dotenv)),
            (Provenance::EnvironmentFile, loader().environment(files)),
        ] {
            let got: Vec<_> = loader.load().unwrap_err().into_iter().collect();
            let (offset, rule) = (None, Rule::Placeholder);
            let fault = |(variable, _)| ConfigError::Value { variable, provenance, offset, rule };
            assert_eq!(got, TEMPLATE.map(fault), "{provenance}, {profile}");
        }
    }
}

#[test]
fn each_placeholder_is_refused_among_nine_good_values() {
    let schema = Schema::new(VARIABLES).unwrap();
    for profile in [Profile::Development, Profile::Production] {
        for (place, (name, placeholder)) in TEMPLATE.into_iter().enumerate() {
            let mut values = values();
            values[place].1 = placeholder.to_owned();
            let errors = Loader::new(&schema, profile).environment(values).load().unwrap_err();
            let text = errors.to_string();
            assert_eq!(
                text,
                format!("{name}: the environment: looks like the placeholder of a documentation")
            );
            assert!(!text.contains(placeholder));
        }
    }
}

#[test]
fn nine_in_ten_are_not_enough() {
    let schema = Schema::new(VARIABLES).unwrap();
    for place in 0..10 {
        let mut values = values();
        let (variable, _) = values.remove(place);
        let errors = Loader::new(&schema, Profile::Production).environment(values).load();
        let missing = ConfigError::Missing { variable, profile: Profile::Production };
        assert_eq!(errors.unwrap_err().into_iter().collect::<Vec<_>>(), [missing]);
    }
}
