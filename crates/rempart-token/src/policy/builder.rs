use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use rempart_core::{Faults, NameError, PolicyName};
use rempart_keys::{Key, KeyRing};

use super::{Keys, KnownHead, Policy, PolicyKey, Rules, TokenType};
use crate::mac::Mac;
use crate::{Algorithm, ConfigError, ConfigErrors, Revocations, head};

/// Builds a [`Policy`].
#[derive(Clone)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    keys: Option<KeyRing>,
    issuers: Named,
    audiences: Named,
    required: Vec<String>,
    types: Vec<TokenType>,
    max_life: Duration,
    skew: Duration,
    revocations: Option<Revocations>,
    realm: Option<String>,
    short_secrets: bool,
}

impl PolicyBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: PolicyName::new(name),
            keys: None,
            issuers: Named::default(),
            audiences: Named::default(),
            required: Vec::new(),
            types: vec![TokenType::AccessToken, TokenType::Jwt, TokenType::Untyped],
            max_life: Policy::MAX_LIFE,
            skew: Policy::SKEW,
            revocations: None,
            realm: None,
            short_secrets: false,
        }
    }

    /// Accepts what any of these keys made, with HMAC-SHA-256: old and new together while they
    /// are rotated. Required.
    pub fn hs256(mut self, keys: KeyRing) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Accepts tokens of this issuer: `iss` must be this text. Said again, of another one too.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.texts.push(issuer.into());
        self
    }

    /// Accepts tokens of any issuer, and of none.
    ///
    /// # Security
    ///
    /// With a key that several services share, a token of one is then good for all of them.
    pub const fn dangerously_any_issuer(mut self) -> Self {
        self.issuers.any = true;
        self
    }

    /// Accepts tokens for this audience: `aud` must be this text, or a list that holds it. Said
    /// again, for another one too.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.texts.push(audience.into());
        self
    }

    /// Accepts tokens for any audience, and for none.
    ///
    /// # Security
    ///
    /// A token that was made for another service of the same issuer is then good for this one.
    pub const fn dangerously_any_audience(mut self) -> Self {
        self.audiences.any = true;
        self
    }

    /// Refuses tokens without this claim, or where it is `null`. Said again, that one too.
    pub fn require(mut self, claim: impl Into<String>) -> Self {
        let claim = claim.into();
        if !self.required.contains(&claim) {
            self.required.push(claim);
        }
        self
    }

    /// Refuses tokens that live longer; [`Policy::MAX_LIFE`] by default. Measured from `iat`; from
    /// now on where there is none.
    pub const fn max_life(mut self, life: Duration) -> Self {
        self.max_life = life;
        self
    }

    /// Lets `nbf` and `iat` lie so far in the future; [`Policy::SKEW`] by default. It does not
    /// prolong a token's life: `exp` is exact.
    pub const fn skew(mut self, skew: Duration) -> Self {
        self.skew = skew;
        self
    }

    /// Refuses what these revoke. Tokens must then say when they were made (`iat`).
    pub fn revocations(mut self, revocations: Revocations) -> Self {
        self.revocations = Some(revocations);
        self
    }

    /// Names the realm of the challenge; by default the policy's name.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Accepts tokens of these types alone; by default all of [`TokenType`]. RFC 9068 asks an API
    /// to take [`TokenType::AccessToken`] alone, which an ID token of the same issuer never is.
    pub fn types(mut self, types: impl IntoIterator<Item = TokenType>) -> Self {
        self.types = types.into_iter().collect();
        self
    }

    /// Takes secrets shorter than the algorithm asks for.
    ///
    /// # Security
    ///
    /// For published test vectors. A short secret can be guessed from a single token.
    pub const fn dangerously_short_secrets(mut self) -> Self {
        self.short_secrets = true;
        self
    }

    /// Checks the policy, and computes what does not change from request to request.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        let name = faults.take(self.name.map_err(ConfigError::from));
        let ring = self.keys.as_ref().filter(|ring| ring.verifying().next().is_some());
        if ring.is_none() {
            faults.push(ConfigError::NoKeys);
        }
        let keys = ring.and_then(|ring| {
            let keys = keys(ring, &self.types, self.short_secrets);
            faults.take_all(keys, |fault| fault).zip(Some(ring))
        });
        let issuers = faults.take_all(self.issuers.checked(&ISSUER), |fault| fault);
        let audiences = faults.take_all(self.audiences.checked(&AUDIENCE), |fault| fault);
        let count = self.required.len();
        if count > Policy::MAX_REQUIRED {
            faults.push(ConfigError::TooManyRequired { count });
        }
        let life = self.max_life;
        if life.is_zero() || life > Policy::LONGEST_LIFE {
            faults.push(ConfigError::MaxLife { life });
        }
        if self.skew > Policy::WIDEST_SKEW {
            faults.push(ConfigError::Skew { skew: self.skew });
        }
        let kept = self.revocations.as_ref().map_or(life, Revocations::max_life);
        if kept < life {
            faults.push(ConfigError::RevocationsTooShort { life, kept });
        }
        let realm = self.realm.as_deref().or(name.as_ref().map(PolicyName::as_str));
        let challenges = realm.and_then(|realm| faults.take(challenges(realm)));
        if self.types.is_empty() {
            faults.push(ConfigError::NoTypes);
        }
        faults.finish()?;
        // All of them are there, or their absence was a fault.
        let (Some(name), Some((keys, ring)), Some(issuers), Some(audiences), Some(challenges)) =
            (name, keys, issuers, audiences, challenges)
        else {
            return Err(ConfigError::NoKeys.into());
        };
        let [bare_challenge, challenge] = challenges;
        let rules = Rules {
            name,
            issuers,
            audiences,
            required: self.required.into(),
            types: self.types.into(),
            max_life: life,
            skew: self.skew,
            revocations: self.revocations,
            short_secrets: self.short_secrets,
            bare_challenge,
            challenge,
        };
        Ok(Policy::of(Arc::new(rules), keys, ring))
    }
}

impl fmt::Debug for PolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyBuilder")
            .field("name", &self.name)
            .field("keys", &self.keys)
            .field("issuers", &self.issuers.texts)
            .field("audiences", &self.audiences.texts)
            .field("max_life", &self.max_life)
            .finish_non_exhaustive()
    }
}

/// Names that are good, or the word that any is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    pub(crate) texts: Vec<String>,
    pub(crate) any: bool,
}

/// What is said when names are not as they should be.
pub(crate) struct NamedFaults {
    missing: ConfigError,
    contradicted: ConfigError,
    unfit: fn(String) -> ConfigError,
}

pub(crate) const ISSUER: NamedFaults = NamedFaults {
    missing: ConfigError::IssuerMissing,
    contradicted: ConfigError::IssuerContradicted,
    unfit: |issuer| ConfigError::Issuer { issuer },
};

pub(crate) const AUDIENCE: NamedFaults = NamedFaults {
    missing: ConfigError::AudienceMissing,
    contradicted: ConfigError::AudienceContradicted,
    unfit: |audience| ConfigError::Audience { audience },
};

impl Named {
    /// The names, or `None` for any.
    pub(crate) fn checked(self, say: &NamedFaults) -> Result<Option<Box<[String]>>, ConfigErrors> {
        let mut faults = Faults::new();
        let unfit = |text: &&String| text.is_empty() || text.len() > Policy::MAX_TEXT;
        self.texts.iter().filter(unfit).for_each(|text| faults.push((say.unfit)(text.clone())));
        match (self.texts.is_empty(), self.any) {
            (true, false) => faults.push(say.missing.clone()),
            (false, true) => faults.push(say.contradicted.clone()),
            _ => {}
        }
        faults.finish()?;
        Ok((!self.any).then(|| self.texts.into()))
    }
}

/// What a ring's keys are to a policy that takes these types.
pub(super) fn keys(
    ring: &KeyRing,
    types: &[TokenType],
    short_secrets: bool,
) -> Result<Keys, ConfigErrors> {
    let mut faults = Faults::new();
    let verifying: Box<[_]> =
        ring.verifying().filter_map(|key| faults.take(policy_key(key, short_secrets))).collect();
    faults.finish()?;
    let live = |id| ring.get(id).is_some();
    let gone = ring.entries().map(|entry| entry.id).filter(|id| !live(*id)).collect();
    Ok(Keys { known_heads: known_heads(&verifying, types), verifying, gone })
}

/// What its revoked keys are, if it remembers any that could have signed.
pub(super) fn revoked_keys(
    ring: &KeyRing,
    types: &[TokenType],
    short_secrets: bool,
) -> Option<Keys> {
    let revoked = ring.revoked().map(|key| policy_key(key, short_secrets));
    let verifying: Box<[_]> = revoked.filter_map(Result::ok).collect();
    let known_heads = known_heads(&verifying, types);
    let gone = Box::default();
    (!verifying.is_empty()).then_some(Keys { verifying, gone, known_heads })
}

fn policy_key(key: &Key, short_secrets: bool) -> Result<PolicyKey, ConfigError> {
    let algorithm = Algorithm::Hs256;
    let secret = checked_secret(key, algorithm, short_secrets)?;
    let mac = Mac::new(algorithm, secret).ok_or(ConfigError::NoKeys)?;
    Ok(PolicyKey { id: key.id(), mac, until: key.until() })
}

/// The bytes of a secret that is long enough.
pub(crate) fn checked_secret(
    key: &Key,
    algorithm: Algorithm,
    short_secrets: bool,
) -> Result<&[u8], ConfigError> {
    let (length, minimum) = (key.secret().len(), algorithm.min_secret());
    if length < minimum && !short_secrets {
        return Err(ConfigError::SecretTooShort { key: key.id(), length, minimum });
    }
    Ok(key.secret().expose())
}

fn known_heads(keys: &[PolicyKey], types: &[TokenType]) -> Box<[KnownHead]> {
    let named = keys.iter().enumerate().map(|(place, key)| (Some((place, key.id)), &key.mac));
    let unnamed = keys.first().map(|key| (None, &key.mac));
    let heads = named.chain(unnamed).flat_map(|(key, mac)| {
        types.iter().map(move |token_type| {
            let algorithm = mac.algorithm();
            let encoded = head::write(algorithm, key.map(|(_, id)| id), *token_type);
            KnownHead { encoded, algorithm, key: key.map(|(place, _)| place) }
        })
    });
    heads.collect()
}

/// The challenge without and with an error.
fn challenges(realm: &str) -> Result<[HeaderValue; 2], ConfigError> {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if realm.is_empty() || realm.len() > 64 || !realm.bytes().all(plain) {
        return Err(ConfigError::Realm);
    }
    let value = |text: String| HeaderValue::from_str(&text).map_err(|_| ConfigError::Realm);
    let bare = value(format!("Bearer realm=\"{realm}\""))?;
    Ok([bare, value(format!("Bearer realm=\"{realm}\", error=\"invalid_token\""))?])
}
