use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use rempart_core::KeyId;
use sha2::{Digest, Sha256};

use super::BodyToken;
use super::claims::Claims;
use super::jws::Jws;
use crate::head::is_encoded;
use crate::key::Tag;
use crate::policy::PolicyKey;
use crate::{Coverage, Head, Policy, Rejection, ReplayKey, TenantId, Verified};

/// A request whose token is good, and whose body has not been looked at.
pub(crate) struct Accepted {
    signed: Option<Signed>,
    body: Sha256,
}

/// What is known by a good token; nothing, while it is not known whose keys are asked.
struct Signed {
    key: KeyId,
    until: Option<Duration>,
    claims: Claims,
    replay_key: Option<ReplayKey>,
}

/// Decides on a request by its head alone: whether its token is good, whatever its body will be.
pub(crate) fn decide(
    policy: &Policy,
    wanted: &BodyToken,
    head: &Head<'_>,
    now: Duration,
) -> Result<Accepted, Rejection> {
    let jws = Jws::read(bare(wanted, head)?, wanted)?;
    if is_encoded(head.headers) {
        return Err(Rejection::Encoded);
    }
    if head.declared_length() > policy.body_limit() {
        return Err(Rejection::TooLarge);
    }
    if policy.tenants().is_some() {
        return Ok(Accepted { signed: None, body: Sha256::new() });
    }
    let key = signer(policy, &jws, now)?;
    let claims = Claims::read(&jws.claims, wanted, now)?;
    let replay_key = policy.replay().map(|rules| {
        let tenant = policy.tenant().map_or("", |tenant| tenant.id.as_str());
        let mut identity = rules.identity(tenant, claims.id.as_ref().map(HeaderValue::as_bytes));
        identity.update(jws.signed.as_bytes());
        identity.finish()
    });
    let signed = Signed { key: key.id, until: key.until(), claims, replay_key };
    Ok(Accepted { signed: Some(signed), body: Sha256::new() })
}

impl BodyToken {
    /// The key that the token of a request names, whatever else it may be.
    pub(crate) fn kid(&self, head: &Head<'_>) -> Option<TenantId> {
        Jws::read(bare(self, head).ok()?, self).ok()?.kid?.parse().ok()
    }
}

/// The token of a request, which has one.
fn bare<'a>(wanted: &BodyToken, head: &Head<'a>) -> Result<&'a [u8], Rejection> {
    let mut values = head.headers.get_all(&wanted.header).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(Rejection::Missing),
        (Some(value), None) => value.as_bytes(),
        (Some(_), Some(_)) => return Err(Rejection::Duplicated),
    };
    value.strip_prefix(wanted.prefix.as_bytes()).ok_or(Rejection::Malformed)
}

/// The mathematics. A name of no key costs as much as that of one.
fn signer<'k>(
    policy: &'k Policy,
    jws: &Jws<'_>,
    now: Duration,
) -> Result<&'k PolicyKey, Rejection> {
    let keys = policy.keys();
    let named = jws.kid.as_deref().map(BodyToken::key_id);
    let is_named = |key: &PolicyKey| named.is_none_or(|named| named == Some(key.id));
    let known = keys.iter().any(is_named);
    let tried = keys.iter().enumerate().filter(|(nth, key)| {
        let tried = if known { is_named(key) } else { *nth == 0 };
        tried && key.verifies_at(now)
    });
    let mut signer = None;
    for (_, key) in tried {
        if key.verifying.verify(jws.signed.as_bytes(), &jws.signature) {
            signer = Some(key);
        }
    }
    if !known || policy.is_nobodys() {
        return Err(Rejection::UnknownKey);
    }
    signer.ok_or(Rejection::Mismatch)
}

impl Accepted {
    /// Whose token it is.
    pub(crate) fn key(&self) -> Option<KeyId> {
        self.signed.as_ref().map(|signed| signed.key)
    }

    /// Takes the next bytes of the body.
    pub(crate) fn update(&mut self, frame: &[u8]) {
        self.body.update(frame);
    }

    /// Says whether the body is the one whose digest was signed, and the key still good.
    pub(crate) fn conclude(
        &mut self,
        policy: &Policy,
        now: Duration,
    ) -> Result<Verified, Rejection> {
        let wanted = policy.body_token().ok_or(Rejection::Missing)?;
        let signed = self.signed.take().ok_or(Rejection::UnknownKey)?;
        let Signed { key, until, claims: Claims { digest, issued, id }, replay_key } = signed;
        if !bool::from(Tag::new(&self.body.finalize_reset()).matches(&digest)) {
            return Err(Rejection::DigestMismatch);
        }
        if until.is_some_and(|until| now >= until) {
            return Err(Rejection::RevokedKey);
        }
        Ok(Verified {
            policy: *policy.name(),
            scheme: wanted.name_shared().clone(),
            key,
            coverage: Coverage::Body,
            tenant: policy.tenant().map(|tenant| tenant.id.clone()),
            timestamp: issued,
            replay_key,
            id_signed: id.is_some(),
            id,
            components: None,
            items: None,
        })
    }
}

impl fmt::Debug for Accepted {
    /// Nothing of the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted").field("key", &self.key()).finish_non_exhaustive()
    }
}
