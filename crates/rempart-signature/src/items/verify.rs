use std::borrow::Cow;
use std::time::Duration;

use subtle::Choice;

use super::{ItemSignatures, SignedItem, SignedItems};
use crate::head::is_encoded;
use crate::json::Object;
use crate::key::{Tag, VerifyingKey};
use crate::policy::PolicyKey;
use crate::{Head, Policy, Rejection, Verified};

/// Decides on a request by its head alone, which says nothing of its signatures.
pub(crate) fn decide(policy: &Policy, head: &Head<'_>) -> Result<(), Rejection> {
    if is_encoded(head.headers) {
        return Err(Rejection::Encoded);
    }
    if head.declared_length() > policy.body_limit() {
        return Err(Rejection::TooLarge);
    }
    Ok(())
}

/// Says whether every item of a body was signed, and by which key.
pub(crate) fn conclude(
    policy: &Policy,
    wanted: &ItemSignatures,
    body: &[u8],
    now: Duration,
) -> Result<Verified, Rejection> {
    let items = wanted.read_all(body)?;
    if policy.replay().is_some() && items.len() > 1 {
        return Err(Rejection::InsufficientCoverage);
    }
    let mut matching = None;
    // The last key that signed them all; every key is asked about each of them.
    for key in policy.keys().iter().filter(|key| key.verifies_at(now)) {
        let good = items
            .iter()
            .fold(Choice::from(1), |good, (item, tag)| good & is(key, item.as_bytes(), tag));
        if bool::from(good) {
            matching = Some(key);
        }
    }
    if policy.is_nobodys() {
        return Err(Rejection::UnknownKey);
    }
    let key = matching.ok_or(Rejection::Mismatch)?;
    let tenant = policy.tenant();
    let replay_key = policy.replay().map(|rules| {
        let mut identity = rules.identity(tenant.map_or("", |tenant| tenant.id.as_str()), None);
        for (item, _) in &items {
            identity.update(item.as_bytes());
        }
        identity.finish()
    });
    Ok(Verified {
        policy: *policy.name(),
        scheme: Cow::Borrowed(wanted.name()),
        key: key.id,
        coverage: wanted.coverage(),
        tenant: tenant.map(|tenant| tenant.id.clone()),
        timestamp: None,
        replay_key,
        id_signed: false,
        id: None,
        components: None,
        items: Some(SignedItems::new(items.into_iter().map(|(item, _)| item))),
    })
}

impl ItemSignatures {
    /// The items of a body and their signatures: at least one, not too many, and each once.
    fn read_all(&self, body: &[u8]) -> Result<Vec<(SignedItem, Tag)>, Rejection> {
        let body = Object::parse(body).ok_or(Rejection::Malformed)?;
        let mut all: Vec<(SignedItem, Tag)> = Vec::new();
        for place in self.items(body)?.items() {
            if all.len() >= Self::MAX_ITEMS {
                return Err(Rejection::TooLarge);
            }
            let item = self.item(place)?;
            let (item, tag) = (self.read(item)?, self.signature(item)?);
            if all.iter().any(|(other, _)| other.as_bytes() == item.as_bytes()) {
                return Err(Rejection::Duplicated);
            }
            all.push((item, tag));
        }
        if all.is_empty() { Err(Rejection::Missing) } else { Ok(all) }
    }
}

/// Whether the key signed this, in constant time.
fn is(key: &PolicyKey, text: &[u8], tag: &Tag) -> Choice {
    let VerifyingKey::Mac(mac) = &key.verifying else { return Choice::from(0) };
    let mut mac = mac.begin();
    mac.update(text);
    mac.finish().map_or(Choice::from(0), |computed| computed.matches(tag))
}
