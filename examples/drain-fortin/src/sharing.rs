//! Limits that all instances count together, on the server that `REDIS_URL` names.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use redis::IntoConnectionInfo;
use rempart_core::PolicyName;
use rempart_keys::Secret;
use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{Charge, Charges, Limit, Rule, SharedStore, connect};
use sha2::Sha256;

use crate::config::{Config, ConfigError};
use crate::serve::StartError;
use crate::variables::{AUTH_TOKEN_SECRET, REDIS_URL};

/// Checks the address of the server, and asks nobody.
pub(crate) fn check(url: &Secret) -> Result<(), ConfigError> {
    let url = url.expose_text().ok_or(ConfigError::RedisUrl)?;
    if url.starts_with("rediss:") {
        return Err(ConfigError::RedisTls);
    }
    url.into_connection_info().map(drop).map_err(|_| ConfigError::RedisUrl)
}

/// Where limits are counted together; nothing without `REDIS_URL`.
///
/// A server that is away is told of in the log, and is no reason not to start.
pub(crate) async fn store(config: &Config) -> Result<Option<SharedStore>, StartError> {
    let url = config.variables.secret(REDIS_URL).and_then(Secret::expose_text);
    let Some(url) = url else { return Ok(None) };
    if config.instances.is_none() {
        tracing::warn!("without --instances, each admits whole quotas while the server is away");
    }
    let store = SharedStore::builder(connect(url)?)
        .secret(derived(config.variables.required(AUTH_TOKEN_SECRET)?)?)
        .instances(config.parts())
        .prefix(PREFIX)
        .clock(Arc::clone(&config.clock))
        .build()?;
    greet(&store).await?;
    Ok(Some(store))
}

/// The secret that clients are hashed under on the server. It tells nothing of the one that it is
/// made from, which signs tokens; the label keeps it apart from whatever else may be made so.
fn derived(from: &Secret) -> Result<String, StartError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(from.expose()).map_err(|_| StartError::Key)?;
    mac.update(LABEL);
    // As text: of random bytes, some begin with a blank, which no secret may.
    Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Connects before the first request does: asks where a limit stands until the server answers, or
/// until the store gives it up for now, and says so in the log.
async fn greet(store: &SharedStore) -> Result<(), StartError> {
    let rule = Rule::gcra(Quota::per_minute(1)).map_err(|_| StartError::Greeting)?;
    let name = PolicyName::new("greeting")?;
    let limit = Limit::new(name, name, rule);
    let charge = Charge { limit, key: store.key("greeting", []), cost: 0 };
    let charges = Charges::new(&[charge]).map_err(|_| StartError::Greeting)?;
    while store.is_available() {
        let faults = store.faults();
        let _ = store.decide(charges.clone()).await;
        if store.faults() == faults {
            break;
        }
    }
    Ok(())
}

const LABEL: &[u8] = b"drain-fortin: clients of shared limits";

/// What keys on the server begin with.
const PREFIX: &str = "drain-fortin:limit";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_hashed_under_a_secret_that_is_the_same_everywhere_and_signs_nothing() {
        let of = |secret: &str| derived(&Secret::new(secret).unwrap()).unwrap();
        let secret = "made-up-token-secret-of-the-tests-0";
        // As another implementation of HMAC-SHA-256 makes it.
        assert_eq!(of(secret), "a1cPfXzBU-ykXXmZxYVL_tLY8tClFg6Lom32Hc8DYbg");
        assert_ne!(of(secret), of("made-up-token-secret-of-the-tests-1"));
    }

    #[test]
    fn an_address_is_one_that_can_be_asked() {
        let with_tls = ["rediss://127.0.0.1", "rediss://:made-up@limits.example:6380/1"];
        let none = ["redis://127.0.0.1/first", "redis://127.0.0.1:0x7f", "redis://"];
        let good = ["redis://127.0.0.1", "redis://user:made-up@[::1]:6380/1", "redis://limits"];
        let rows = with_tls.map(|url| (url, Err(ConfigError::RedisTls))).into_iter();
        let rows = rows.chain(none.map(|url| (url, Err(ConfigError::RedisUrl))));
        for (url, told) in rows.chain(good.map(|url| (url, Ok(())))) {
            assert_eq!(check(&Secret::new(url).unwrap()), told, "{url}");
        }
    }
}
