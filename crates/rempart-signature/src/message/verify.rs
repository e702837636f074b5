use std::borrow::Cow;
use std::time::Duration;
use std::{fmt, mem};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rempart_core::KeyId;

use super::base::{Base, Request, Response, Subject, joined};
use super::component::{Component, Covered};
use super::parameters::SignatureParameters;
use super::structured::{BareItem, Dictionary, Item, Member};
use super::{MessageRules, MessageSignatures, SignedComponents};
use crate::head::is_encoded;
use crate::policy::PolicyKey;
use crate::replay::ReplayRules;
use crate::{Algorithm, ContentDigest, Head, Policy, Rejection, ReplayKey, Verified};

pub(super) const SIGNATURE: HeaderName = HeaderName::from_static("signature");
pub(crate) const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");

/// A message whose signature is good, and whose body has not been looked at.
#[derive(Debug)]
pub(crate) struct Accepted {
    key: KeyId,
    until: Option<Duration>,
    signed: SignedComponents,
    /// What the message is claimed by, where replays are looked for.
    replay_key: Option<ReplayKey>,
    body: BodyRule,
}

/// What is known of the body by a good signature.
#[derive(Debug)]
enum BodyRule {
    /// Its digest. In a box, for it is large.
    Digest(Box<ContentDigest>),
    /// Nothing was signed of it: there is to be none.
    Nothing,
    /// Nothing was signed of it, and the policy takes that.
    Uncovered,
}

/// Decides on a request by its head alone: whether it was signed, whatever its body will be.
pub(crate) fn decide(
    policy: &Policy,
    rules: &MessageRules,
    head: &Head<'_>,
    now: Duration,
) -> Result<Accepted, Rejection> {
    let request = Request { head: *head, origins: &rules.origins, origin_form: head.origin_form };
    let message = Incoming {
        subject: Subject { request: Some(request), response: None, types: &rules.wanted.types },
        headers: head.headers,
        length: head.declared_length(),
    };
    message.examine(policy, rules, now)
}

/// When the first signature of a message says that it was made, whatever else it says.
#[cfg(feature = "explain")]
pub(crate) fn made(headers: &HeaderMap) -> Option<Duration> {
    let inputs = dictionary(headers, &SIGNATURE_INPUT).ok()?;
    let (_, Member::InnerList(list)) = inputs.iter().next()? else { return None };
    SignatureParameters::read(&list.parameters).ok()?.created.map(Duration::from_secs)
}

/// A response, as far as its signature is about it.
#[derive(Clone, Copy)]
pub struct ResponseHead<'a> {
    status: StatusCode,
    headers: &'a HeaderMap,
    request: Option<Head<'a>>,
}

impl<'a> ResponseHead<'a> {
    /// Looks at these.
    #[must_use]
    pub const fn new(status: StatusCode, headers: &'a HeaderMap) -> Self {
        Self { status, headers, request: None }
    }

    /// Says which request it answers: a signature may cover parts of that one too (`req`).
    #[must_use]
    pub const fn answering(mut self, request: Head<'a>) -> Self {
        self.request = Some(request);
        self
    }

    pub(super) const fn view(&self) -> Response<'a> {
        Response { status: self.status, headers: self.headers }
    }

    pub(super) const fn request(&self) -> Option<&Head<'a>> {
        self.request.as_ref()
    }
}

impl fmt::Debug for ResponseHead<'_> {
    /// Names of headers, and not their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("request", &self.request)
            .finish()
    }
}

/// Decides on a whole response that is in memory: for clients whose servers sign.
///
/// The policy is one of [message signatures](MessageSignatures); its public URL is the server's.
///
/// # Errors
///
/// The [`Rejection`], as for a request; [`Rejection::Missing`] under a policy of a scheme too.
pub fn verify_response(
    policy: &Policy,
    response: &ResponseHead<'_>,
    body: &[u8],
    now: Duration,
) -> Result<Verified, Rejection> {
    let rules = policy.message_rules().ok_or(Rejection::Missing)?;
    let request =
        response.request.map(|head| Request { head, origins: &rules.origins, origin_form: true });
    let message = Incoming {
        subject: Subject { request, response: Some(response.view()), types: &rules.wanted.types },
        headers: response.headers,
        length: u64::try_from(body.len()).unwrap_or(u64::MAX),
    };
    let mut accepted = message.examine(policy, rules, now)?;
    accepted.update(body)?;
    accepted.conclude(policy, now)
}

/// A message that came in.
struct Incoming<'a> {
    subject: Subject<'a>,
    headers: &'a HeaderMap,
    length: u64,
}

/// One signature of it, and the keys that could have made it.
struct Candidate<'a> {
    label: &'a str,
    covered: Covered,
    parameters: SignatureParameters,
    signature: &'a [u8],
    keys: Option<(Algorithm, &'a [PolicyKey])>,
    body: BodyRule,
}

impl Incoming<'_> {
    /// Cheap checks of every signature first, then the mathematics of those that are left.
    fn examine(
        &self,
        policy: &Policy,
        rules: &MessageRules,
        now: Duration,
    ) -> Result<Accepted, Rejection> {
        let inputs = dictionary(self.headers, &SIGNATURE_INPUT)?;
        let signatures = dictionary(self.headers, &SIGNATURE)?;
        let unpaired = |(label, _): (&str, &Member)| signatures.get(label).is_none();
        if inputs.iter().len() != signatures.iter().len() || inputs.iter().any(unpaired) {
            return Err(Rejection::Malformed);
        }
        // A label is not signed: where messages are remembered, none of them is passed over.
        let all = policy.replay().is_some();
        let mut candidates = Vec::new();
        let mut fault = None;
        for (label, input) in inputs.iter() {
            let ours = rules.wanted.takes_label(label);
            if !ours && !all {
                continue;
            }
            let signature = signatures.get(label).ok_or(Rejection::Malformed)?;
            match self.candidate(policy, rules, (label, input, signature), now) {
                Ok(Some(candidate)) => candidates.push((ours, candidate)),
                Err(rejection) if ours => fault = fault.or(Some(rejection)),
                Ok(None) | Err(_) => {}
            }
        }
        if !candidates.iter().any(|(ours, _)| *ours) {
            return Err(fault.unwrap_or(Rejection::Missing));
        }
        if is_encoded(self.headers) {
            return Err(Rejection::Encoded);
        }
        if self.length > policy.body_limit() {
            return Err(Rejection::TooLarge);
        }
        let mut first: Option<Accepted> = None;
        let mut message = None;
        for (ours, candidate) in candidates {
            match self.accept(policy, rules, candidate, now) {
                Ok(accepted) => {
                    // Two messages in one: whoever takes one signature away sends the other.
                    if *message.get_or_insert(accepted.replay_key) != accepted.replay_key {
                        return Err(Rejection::Duplicated);
                    }
                    if ours && first.is_none() {
                        first = Some(accepted);
                    }
                    if !all {
                        break;
                    }
                }
                Err(rejection) if ours => fault = Some(rejection),
                Err(_) => {}
            }
        }
        first.ok_or(fault.unwrap_or(Rejection::Mismatch))
    }

    /// What one label says, if it is for us and nothing about it is wrong but perhaps the
    /// mathematics.
    fn candidate<'a>(
        &self,
        policy: &'a Policy,
        rules: &'a MessageRules,
        (label, input, signature): (&'a str, &Member, &'a Member),
        now: Duration,
    ) -> Result<Option<Candidate<'a>>, Rejection> {
        let wanted = &rules.wanted;
        let Member::InnerList(list) = input else { return Err(Rejection::Malformed) };
        let parameters = SignatureParameters::read(&list.parameters)?;
        // Made for another application, or for one that we are not.
        if parameters.tag != wanted.tag {
            return Ok(None);
        }
        let Member::Item(Item { value: BareItem::Bytes(signature), .. }) = signature else {
            return Err(Rejection::Malformed);
        };
        let covered = Covered::new(list.clone()).map_err(|_| Rejection::Malformed)?;
        parameters.check_time(wanted.window, now)?;
        let keyid = parameters.keyid.as_deref().ok_or(Rejection::Missing)?;
        let keys = rules.keys(policy.keys(), keyid);
        if let Some((algorithm, _)) = keys {
            parameters.check_algorithm(algorithm)?;
            if !algorithm.takes(signature.len()) {
                return Err(Rejection::Malformed);
            }
        }
        let required = wanted.required(self.subject.response.is_some());
        if !required.iter().all(|component| component.is_covered_by(&covered.components)) {
            return Err(Rejection::InsufficientCoverage);
        }
        let body = self.body_rule(wanted, &covered)?;
        Ok(Some(Candidate { label, covered, parameters, signature, keys, body }))
    }

    fn body_rule(
        &self,
        wanted: &MessageSignatures,
        covered: &Covered,
    ) -> Result<BodyRule, Rejection> {
        if covered.components.iter().any(Component::is_content_digest) {
            return Ok(BodyRule::Digest(Box::new(ContentDigest::of(self.headers)?)));
        }
        match wanted.needs_digest {
            true if self.length > 0 => Err(Rejection::InsufficientCoverage),
            true => Ok(BodyRule::Nothing),
            false => Ok(BodyRule::Uncovered),
        }
    }

    /// The mathematics. An unknown key costs as much as a known one.
    fn accept(
        &self,
        policy: &Policy,
        rules: &MessageRules,
        candidate: Candidate<'_>,
        now: Duration,
    ) -> Result<Accepted, Rejection> {
        let Candidate { label, covered, parameters, signature, keys, body } = candidate;
        let base = Base::of(&covered, &self.subject)?;
        let known = keys.map(|(_, keys)| keys);
        let tried = known.unwrap_or_else(|| rules.stand_in(policy.keys()));
        let tried = tried.iter().filter(|key| key.verifies_at(now));
        let mut matching = None;
        for key in tried {
            if key.verifying.verify(base.text.as_bytes(), signature) {
                matching = Some(key);
            }
        }
        known.ok_or(Rejection::UnknownKey)?;
        let key = matching.ok_or(Rejection::Mismatch)?;
        let signed = SignedComponents::new(label, parameters, base);
        let replay_key = policy.replay().map(|replay| identity(replay, rules, &signed));
        Ok(Accepted { key: key.id, until: key.until(), signed, replay_key, body })
    }
}

impl Accepted {
    /// Whose signature it is.
    pub(crate) const fn key(&self) -> KeyId {
        self.key
    }

    /// Takes the next bytes of the body.
    pub(crate) fn update(&mut self, frame: &[u8]) -> Result<(), Rejection> {
        match &mut self.body {
            BodyRule::Digest(digest) => digest.update(frame),
            BodyRule::Nothing if !frame.is_empty() => return Err(Rejection::InsufficientCoverage),
            BodyRule::Nothing | BodyRule::Uncovered => {}
        }
        Ok(())
    }

    /// Says whether the body is the one that was signed, and the key still good.
    pub(crate) fn conclude(
        &mut self,
        policy: &Policy,
        now: Duration,
    ) -> Result<Verified, Rejection> {
        let Self { key, until, signed, replay_key, body } = self;
        let coverage = match mem::replace(body, BodyRule::Nothing) {
            BodyRule::Digest(digest) => {
                digest.finish()?;
                crate::Coverage::Body
            }
            BodyRule::Nothing => crate::Coverage::Body,
            BodyRule::Uncovered => crate::Coverage::Fields,
        };
        if until.is_some_and(|until| now >= until) {
            return Err(Rejection::RevokedKey);
        }
        let id = signed.nonce().and_then(|nonce| HeaderValue::from_str(nonce).ok());
        Ok(Verified {
            policy: *policy.name(),
            scheme: Cow::Borrowed(MessageSignatures::NAME),
            key: *key,
            coverage,
            tenant: None,
            timestamp: signed.created(),
            replay_key: *replay_key,
            id_signed: id.is_some(),
            id,
            components: Some(signed.clone()),
            items: None,
        })
    }
}

/// What a message is claimed by: its nonce, or where it has none the components that were signed of
/// it, and when. Of a sender that names its keys itself, its own nonces. Neither the key nor anything
/// else that two signatures of one message may say differently.
fn identity(replay: &ReplayRules, rules: &MessageRules, signed: &SignedComponents) -> ReplayKey {
    let sender = signed.keyid().and_then(|keyid| rules.sender(keyid)).unwrap_or_default();
    let mut identity = replay.identity(sender, signed.nonce().map(str::as_bytes));
    identity.update(signed.lines().as_bytes());
    if let Some(created) = signed.created() {
        // No line of a component begins so.
        identity.update(b"\ncreated ");
        identity.update(&created.as_secs().to_be_bytes());
    }
    identity.finish()
}

/// One of both fields: not too long, a dictionary of not too many members, and none twice.
fn dictionary(headers: &HeaderMap, name: &HeaderName) -> Result<Dictionary, Rejection> {
    let field = joined(headers, name)?;
    if field.len() > MessageSignatures::MAX_HEADER {
        return Err(Rejection::Malformed);
    }
    let dictionary = Dictionary::parse_unique(field.as_bytes(), MessageSignatures::MAX_SIGNATURES);
    let dictionary = dictionary.map_err(|_| Rejection::Malformed)?;
    if dictionary.iter().len() == 0 { Err(Rejection::Missing) } else { Ok(dictionary) }
}
