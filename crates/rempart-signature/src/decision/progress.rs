use std::borrow::Cow;
use std::cell::LazyCell;
use std::time::Duration;

use http::HeaderValue;
use sha2::Digest;
use smallvec::SmallVec;

use super::apart::Apart;
use super::content::Content;
use super::feed::feed;
use super::matching::matching;
use super::transcripts::Transcripts;
use crate::key::Tag;
use crate::public_url::Spellings;
use crate::replay::{Identity, ReplayRules};
use crate::scheme::{Headers, Place, Signatures, Time};
use crate::{Head, Policy, Rejection, Scheme, Verified};

/// How far a verification is: all that changes in it, in one place from its beginning to its end.
/// It is large, and each time that it moves is felt.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) signatures: Signatures,
    pub(super) timestamp: Option<Duration>,
    /// Only if it is signed.
    pub(super) id: Option<HeaderValue>,
    pub(super) transcripts: Transcripts,
    content: Content,
    received: u64,
    pub(super) identities: Identities,
}

/// Who the message is if it was signed in the spelling of this place; none where replays are not
/// looked for.
pub(super) type Identities = SmallVec<[(u8, Identity); 1]>;

impl Progress {
    /// Looks at the head, cheapest checks first, and starts with what stands before the body.
    pub(super) fn begin(
        &mut self,
        policy: &Policy,
        head: &Head<'_>,
        now: Duration,
    ) -> Result<(), Rejection> {
        let Some(scheme) = policy.scheme() else {
            self.content = Content::Apart(Box::new(Apart::decide(policy, head, now)?));
            return taken(policy, head);
        };
        self.signatures = Signatures::of(scheme.algorithm());
        let headers = Headers::of(scheme, head.headers);
        let credential = scheme.credential_and(&mut self.signatures, &headers)?;
        if let Some((_, sent)) = credential.timestamp {
            judge(scheme, sent, now)?;
            self.timestamp = Some(sent.since_epoch());
        }
        let spellings = Spellings::of(policy.origins().of(head)?, head);
        taken(policy, head)?;
        self.content = Content::of(scheme, head)?;
        if headers.is_encoded() {
            return Err(Rejection::Encoded);
        }
        if head.declared_length() > policy.body_limit() {
            return Err(Rejection::TooLarge);
        }
        // Not by `cloned`, which would make it elsewhere and move it here.
        if let Some(id) = credential.id {
            self.id = Some(id.clone());
        }
        if let Some(rules) = policy.replay() {
            self.identify(policy, rules, &spellings);
        }
        self.transcripts.begin(policy, &spellings, now);
        // What stands in the body is fed once it is there.
        let (before, _) = scheme.template().around_content();
        if !scheme.is_in_body() && !before.is_empty() {
            let Self { transcripts, identities, .. } = self;
            feed(transcripts, identities, &spellings, &head.fields(scheme, &credential), before);
        }
        Ok(())
    }

    /// Begins with who the message is.
    fn identify(&mut self, policy: &Policy, rules: &ReplayRules, spellings: &Spellings<'_>) {
        let signed_id = self.id.as_ref().map(HeaderValue::as_bytes);
        let identity = |place| (place, rules.identity(policy.tenant_name(), signed_id));
        self.identities.extend(spellings.places().map(identity));
    }

    /// Takes the next bytes of the body.
    pub(super) fn update(&mut self, policy: &Policy, frame: &[u8]) -> Result<(), Rejection> {
        let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        self.received = self.received.saturating_add(length);
        if self.received > policy.body_limit() {
            return Err(Rejection::TooLarge);
        }
        match &mut self.content {
            Content::Bytes => {
                self.transcripts.update(frame);
                self.identities.iter_mut().for_each(|(_, identity)| identity.update(frame));
            }
            Content::Digest(digest) => digest.hasher.update(frame),
            Content::Form | Content::Members | Content::Uncovered | Content::Whole => {}
            Content::Apart(apart) => apart.update(frame)?,
            Content::Nothing if frame.is_empty() => {}
            Content::Nothing => return Err(Rejection::UncoveredContentType),
        }
        Ok(())
    }

    /// Says whether the request was signed, and by which key.
    pub(super) fn conclude<'b>(
        &mut self,
        policy: &Policy,
        head: &Head<'_>,
        now: Duration,
        whole: impl FnOnce() -> Cow<'b, [u8]>,
    ) -> Result<Verified, Rejection> {
        let whole = LazyCell::new(whole);
        let mut digest_matches = None;
        match &mut self.content {
            Content::Apart(apart) => {
                return apart.conclude(policy, now, || Cow::Borrowed(&**whole));
            }
            Content::Bytes | Content::Nothing | Content::Uncovered => {}
            Content::Digest(digest) => {
                let computed = Tag::new(&digest.hasher.finalize_reset());
                digest_matches = Some(computed.matches(&digest.signed));
            }
            Content::Form => self.feed_form(&whole)?,
            Content::Members => self.feed_members(policy, head, now, &whole)?,
            Content::Whole => self.feed_whole(&whole),
        }
        let scheme = policy.scheme().ok_or(Rejection::Missing)?;
        let (_, after) = scheme.template().around_content();
        if !after.is_empty() {
            self.feed_rest(policy, scheme, head, after)?;
        }
        let matched = matching(policy, &mut self.transcripts, &self.signatures);
        if policy.is_nobodys() {
            return Err(Rejection::UnknownKey);
        }
        let matched = matched.ok_or(Rejection::Mismatch)?;
        if digest_matches.is_some_and(|matches| !bool::from(matches)) {
            return Err(Rejection::DigestMismatch);
        }
        // What the body says of itself counts once it is known who wrote it.
        if !scheme.is_in_body() && scheme.reads_members() {
            self.read_members(policy, scheme, now, &whole)?;
        }
        let key = policy.keys().get(usize::from(matched.key())).ok_or(Rejection::Mismatch)?;
        if !key.verifies_at(now) {
            return Err(Rejection::RevokedKey);
        }
        let id_signed = self.id.is_some();
        if !id_signed {
            self.id = scheme.id().and_then(|header| head.headers.get(header).cloned());
        }
        let mut identities = self.identities.iter();
        let identity = identities.find(|(spelling, _)| *spelling == matched.spelling());
        Ok(Verified {
            policy: *policy.name(),
            scheme: scheme.name_shared().clone(),
            key: key.id,
            coverage: scheme.coverage(),
            tenant: policy.tenant().map(|tenant| tenant.id.clone()),
            timestamp: self.timestamp,
            replay_key: identity.map(|(_, identity)| identity.clone().finish()),
            id_signed,
            id: self.id.take(),
            components: None,
            items: None,
        })
    }
}

/// Refuses a method that the policy does not take.
fn taken(policy: &Policy, head: &Head<'_>) -> Result<(), Rejection> {
    if policy.takes(head.method) { Ok(()) } else { Err(Rejection::MethodNotAllowed) }
}

/// Whether a signed time lies within the scheme's window.
pub(super) fn judge(scheme: &Scheme, sent: Time, now: Duration) -> Result<(), Rejection> {
    let place = scheme.timestamp().map(|timestamp| timestamp.accepted().judge(sent, now));
    match place {
        Some(Place::Past) => Err(Rejection::StaleTimestamp),
        Some(Place::Future) => Err(Rejection::FutureTimestamp),
        Some(Place::Within) | None => Ok(()),
    }
}
