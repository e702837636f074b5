//! The same judgement by `jsonwebtoken`, as strict as it can be told to be.

use std::sync::{LazyLock, Once};

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use crate::KEYS;
use crate::draft::{AUDIENCE, ISSUER, mac};

/// HMAC and nothing else: its own backends bring RSA and elliptic curves.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256(key.try_get_as_bytes()?.to_vec()))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// A token must pass both: it knows one leeway, and we give none to `exp` and some to `nbf`.
static VALIDATIONS: LazyLock<[Validation; 2]> = LazyLock::new(|| {
    [false, true].map(|validate_nbf| {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.validate_nbf = validate_nbf;
        validation.leeway = if validate_nbf { 30 } else { 0 };
        validation
    })
});

struct Hs256(Vec<u8>);

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), Error> {
        if mac(&self.0, message) == *tag { Ok(()) } else { Err(Error::new()) }
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

/// What it says with the key of this name; without a name, with any that verifies.
pub(crate) fn verdict(token: &str, key: Option<&str>) -> Result<Value> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| PROVIDER.install_default().expect("installed once"));
    let keys = KEYS.iter().take(3).filter(|(name, _)| key.is_none_or(|key| key == *name));
    let mut verdicts = keys.map(|(_, secret)| {
        let key = DecodingKey::from_secret(secret.as_bytes());
        let [first, second] =
            VALIDATIONS.each_ref().map(|how| jsonwebtoken::decode::<Value>(token, &key, how));
        first.and(second).map(|data| data.claims)
    });
    let first = verdicts.next().unwrap_or_else(|| Err(ErrorKind::InvalidKeyFormat.into()));
    verdicts.fold(first, std::result::Result::or)
}
