//! The variables of the service, and what their values must look like.

use rempart_keys::{ConfigErrors, Kind, Profile, Schema, SupabaseRole, VapiScope, Variable};

/// The schema of every variable that is read. Nobody needs one of those in `replaced`.
pub(crate) fn schema(replaced: &[&str]) -> Result<Schema, ConfigErrors> {
    Schema::new(VARIABLES.into_iter().map(|variable| {
        if replaced.contains(&variable.name()) { optional(variable) } else { variable }
    }))
}

/// Those whose values the service checks further.
pub(crate) fn settings() -> impl Iterator<Item = Variable> {
    const SETTINGS: [&str; 6] =
        [KEYS_DIR, LOG_FORMAT, PUBLIC_URL, REDIS_URL, RUST_LOG, TRUSTED_PROXIES];
    VARIABLES.into_iter().filter(|variable| SETTINGS.contains(&variable.name()))
}

pub(crate) const AUTH_TOKEN_SECRET: &str = "AUTH_TOKEN_SECRET";
pub(crate) const DEV_ADMIN_PASSWORD: &str = "DEV_ADMIN_PASSWORD";
pub(crate) const KEYS_DIR: &str = "KEYS_DIR";
pub(crate) const LOG_FORMAT: &str = "LOG_FORMAT";
pub(crate) const PUBLIC_URL: &str = "PUBLIC_URL";
pub(crate) const REDIS_URL: &str = "REDIS_URL";
pub(crate) const RUST_LOG: &str = "RUST_LOG";
pub(crate) const TRUSTED_PROXIES: &str = "TRUSTED_PROXIES";
pub(crate) const TWILIO_AUTH_TOKEN: &str = "TWILIO_AUTH_TOKEN";
pub(crate) const VAPI_WEBHOOK_SECRET: &str = "VAPI_WEBHOOK_SECRET";

/// The ten of the policy first.
const VARIABLES: [Variable; 18] = [
    needed("SUPABASE_URL", Kind::HTTPS).browser_ok(),
    needed("SUPABASE_ANON_KEY", Kind::SupabaseKey(SupabaseRole::Anon)).browser_ok(),
    turning("SUPABASE_SERVICE_ROLE_KEY", Kind::SupabaseKey(SupabaseRole::ServiceRole)),
    turning("VAPI_API_KEY", Kind::VapiKey(VapiScope::Private)),
    turning(VAPI_WEBHOOK_SECRET, Kind::Text).generated_in_development(),
    needed("VAPI_PUBLIC_KEY", Kind::VapiKey(VapiScope::Public)).browser_ok(),
    needed("VAPI_ASSISTANT_ID", Kind::Uuid).browser_ok(),
    needed("TWILIO_ACCOUNT_SID", Kind::TwilioSid).browser_ok(),
    turning(TWILIO_AUTH_TOKEN, Kind::Text).generated_in_development(),
    needed("TWILIO_PHONE_NUMBER", Kind::E164).browser_ok(),
    turning(AUTH_TOKEN_SECRET, Kind::Text).generated_in_development(),
    needed(PUBLIC_URL, Kind::Origin).browser_ok(),
    Variable::new(DEV_ADMIN_PASSWORD, Kind::Text).generated_in_development(),
    Variable::new(REDIS_URL, Kind::Url(&["redis", "rediss"])),
    Variable::new(KEYS_DIR, Kind::Text).browser_ok(),
    Variable::new(TRUSTED_PROXIES, Kind::Text).browser_ok(),
    Variable::new(LOG_FORMAT, Kind::Text).browser_ok().default_value("text"),
    Variable::new(RUST_LOG, Kind::Text).browser_ok().default_value("info"),
];

const fn needed(name: &'static str, kind: Kind) -> Variable {
    Variable::new(name, kind).required_in(Profile::Production)
}

/// A secret that is changed each quarter.
const fn turning(name: &'static str, kind: Kind) -> Variable {
    needed(name, kind).rotated_every(Variable::QUARTERLY)
}

/// The same variable of a ring, where a key of the ring's own makes it dispensable.
const fn optional(variable: Variable) -> Variable {
    let optional = Variable::new(variable.name(), variable.kind());
    optional.rotated_every(Variable::QUARTERLY).generated_in_development()
}
