use http::HeaderValue;
use rempart_core::{Faults, KeyId};

use super::component::Component;
use super::origin::Origin;
use super::structured::{BareItem, Dictionary, InnerList, Member, Parameters};
use super::{MessageFault, MessageSignatures};
use crate::policy::{PolicyKey, keys_of};
use crate::{Algorithm, ConfigError, PublicUrl, SecretForm};

/// Message signatures as a policy has checked them.
#[derive(Debug)]
pub(crate) struct MessageRules {
    pub(crate) wanted: MessageSignatures,
    pub(crate) origins: Vec<Origin>,
    senders: Vec<SenderKeys>,
    /// What a 401 tells the client to sign, if it does.
    pub(crate) accept: Option<HeaderValue>,
}

/// The keys that a `keyid` stands for.
#[derive(Debug)]
struct SenderKeys {
    keyid: String,
    algorithm: Algorithm,
    keys: Box<[PolicyKey]>,
}

impl MessageRules {
    /// Reads the keys of the senders; the rest was checked.
    pub(crate) fn of(
        wanted: MessageSignatures,
        urls: &[PublicUrl],
        short_secrets: bool,
        faults: &mut Faults<ConfigError>,
    ) -> Self {
        let (_, form, minimum) = wanted.reading();
        let minimum = if short_secrets { 0 } else { minimum };
        let read = |sender: &super::Sender| SenderKeys {
            keyid: sender.keyid.clone(),
            algorithm: sender.algorithm,
            keys: keys_of(sender.algorithm, form, minimum, &sender.keys, faults),
        };
        let senders = wanted.senders.iter().map(read).collect();
        let origins = urls.iter().map(Origin::of).collect();
        Self { accept: wanted.asks.then(|| asked(&wanted)), origins, senders, wanted }
    }

    /// Adds the names that two keys have: one that is revoked would live on under the other.
    pub(crate) fn check_names(&self, ring: &[PolicyKey], faults: &mut Faults<ConfigError>) {
        let mut seen = Vec::new();
        for id in ring.iter().chain(self.sender_keys()).map(|key| key.id) {
            if seen.contains(&id) {
                faults.push(ConfigError::MessageSignatures(MessageFault::KeyTwice { key: id }));
            }
            seen.push(id);
        }
    }

    /// The sender whose messages these are, where it names its keys itself.
    pub(crate) fn sender<'k>(&self, keyid: &'k str) -> Option<&'k str> {
        self.senders.iter().any(|sender| sender.keyid == keyid).then_some(keyid)
    }

    /// The keys of senders that name them themselves.
    pub(crate) fn sender_keys(&self) -> impl Iterator<Item = &PolicyKey> {
        self.senders.iter().flat_map(|sender| &sender.keys)
    }

    /// The keys that a `keyid` stands for, and their algorithm.
    pub(crate) fn keys<'k>(
        &'k self,
        ring: &'k [PolicyKey],
        keyid: &str,
    ) -> Option<(Algorithm, &'k [PolicyKey])> {
        if let Some(sender) = self.senders.iter().find(|sender| sender.keyid == keyid) {
            return Some((sender.algorithm, &sender.keys));
        }
        let id = KeyId::new(keyid).ok()?;
        let place = ring.iter().position(|key| key.id == id)?;
        Some((self.wanted.algorithm, ring.get(place..=place)?))
    }

    /// A key for the work of one verification, where the message names none that is known.
    pub(crate) fn stand_in<'k>(&'k self, ring: &'k [PolicyKey]) -> &'k [PolicyKey] {
        let others = self.senders.first().map(|sender| &*sender.keys).unwrap_or_default();
        ring.get(..1).or(others.get(..1)).unwrap_or_default()
    }
}

impl MessageSignatures {
    /// How keys are read: for what, of which form, and how long at least.
    pub(crate) const fn reading(&self) -> (Algorithm, &SecretForm, usize) {
        (self.algorithm, &self.secret_form, self.min_secret)
    }
}

/// `Accept-Signature`: what is asked for, with a time, and with the tag.
fn asked(wanted: &MessageSignatures) -> HeaderValue {
    let digest =
        Component::field(&const { http::HeaderName::from_static(crate::digest::CONTENT_DIGEST) });
    let mut components = wanted.required(false);
    if wanted.needs_digest && !components.contains(&digest) {
        components.push(digest);
    }
    let mut parameters = vec![("created".to_owned(), BareItem::Boolean(true))];
    if let Some(tag) = &wanted.tag {
        parameters.push(("tag".to_owned(), BareItem::String(tag.clone())));
    }
    let list = InnerList {
        items: components.iter().map(|component| component.item().clone()).collect(),
        parameters: Parameters(parameters),
    };
    let label = wanted.label.clone().unwrap_or_else(|| "sig".to_owned());
    let field = Dictionary(vec![(label, Member::InnerList(list))]).to_string();
    // Structured fields are of printable ASCII; an empty one would ask for nothing.
    HeaderValue::try_from(field).unwrap_or(const { HeaderValue::from_static("") })
}
