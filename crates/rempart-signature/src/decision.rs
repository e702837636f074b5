mod apart;
mod content;
mod examined;
mod feed;
mod late;
mod matching;

use std::borrow::Cow;
use std::cell::LazyCell;
use std::mem;
use std::time::Duration;

use http::HeaderValue;
use sha2::Digest;
use smallvec::SmallVec;
use subtle::Choice;

pub(crate) use self::apart::Apart;
use self::content::Content;
pub(crate) use self::content::signed_digest;
use self::examined::{Examined, examine};
use self::feed::feed;
use self::matching::matching;
use crate::key::{Tag, Transcript, VerifyingKey};
use crate::public_url::Spellings;
use crate::replay::Identity;
use crate::scheme::{Fields, Signatures};
use crate::{Head, Policy, Rejection, Verified};

/// What to do with a request whose body has not been looked at.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the common one, and it is not kept"
)]
pub enum Decision {
    /// Feed the body to this, and ask it.
    Read(Verification),
    /// Turn the request away; not a byte of its body is needed.
    Refuse(Rejection),
}

/// Decides by the head alone, cheapest checks first.
///
/// Presence, shape and time of the credential come first (401), then whether it can cover such a
/// body (415), then the declared length (413). `now` is the time since the Unix epoch.
#[must_use]
pub fn decide(policy: &Policy, head: &Head<'_>, now: Duration) -> Decision {
    if let Some(apart) = Apart::decide(policy, head, now) {
        return match apart {
            Ok(apart) => Decision::Read(Verification::of(policy, apart)),
            Err(rejection) => Decision::Refuse(rejection),
        };
    }
    let mut signatures = Signatures::default();
    match examine(policy, head, now, &mut signatures) {
        Ok(mut examined) => {
            let mut verification = Verification::new(policy, &mut examined, signatures);
            verification.start(&examined.fields(head), &examined.spellings, now);
            Decision::Read(verification)
        }
        Err(rejection) => Decision::Refuse(rejection),
    }
}

/// Decides on a whole request that is in memory already.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue, Method, Uri};
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{Head, Policy, Rejection, Scheme, verify};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The example of GitHub's documentation.
/// let policy = Policy::builder("github")
///     .scheme(Scheme::github())
///     .keys(KeyRing::single(KeyId::new("docs")?, Secret::new("It's a Secret to Everybody")?))
///     .dangerously_without_read_deadline()
///     .build()?;
/// let mut headers = HeaderMap::new();
/// headers.insert("x-hub-signature-256", HeaderValue::from_static(
///     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
/// ));
/// let uri = Uri::from_static("/hooks");
/// let head = Head::new(&Method::POST, &uri, &headers);
/// let now = Duration::from_secs(1_800_000_000);
///
/// let verified = verify(&policy, &head, b"Hello, World!", now)?;
/// assert_eq!(verified.key().as_str(), "docs");
/// assert_eq!(verify(&policy, &head, b"Hello, World?", now), Err(Rejection::Mismatch));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The [`Rejection`] that the layer would answer with.
pub fn verify(
    policy: &Policy,
    head: &Head<'_>,
    body: &[u8],
    now: Duration,
) -> Result<Verified, Rejection> {
    let head = head.length(u64::try_from(body.len()).unwrap_or(u64::MAX));
    if let Some(apart) = Apart::decide(policy, &head, now) {
        let mut apart = apart?;
        apart.update(body)?;
        return apart.conclude(policy, now, || Cow::Borrowed(body));
    }
    let mut signatures = Signatures::default();
    let mut examined = examine(policy, &head, now, &mut signatures)?;
    let mut verification = Verification::new(policy, &mut examined, signatures);
    verification.start(&examined.fields(&head), &examined.spellings, now);
    verification.update(body)?;
    verification.conclude(&head, now, || Cow::Borrowed(body))
}

/// What takes the body; two fit in place, more take one allocation.
type Transcripts = SmallVec<[Running; 2]>;

/// Who the message is if it was signed in the spelling of this place; none where replays are not
/// looked for.
type Identities = SmallVec<[(u8, Identity); 1]>;

/// A transcript under way.
#[derive(Debug)]
struct Running {
    /// The place of its key in the policy; of a message, which all public keys are asked about, a
    /// bit for the place of each.
    key: u8,
    /// The place of the spelling of the URL that it is for.
    spelling: u8,
    transcript: Transcript,
}

/// A verification under way: takes the body frame by frame, then says whether it was signed.
///
/// One MAC for each key, however many signatures the request carries. For public keys the body is
/// hashed once, or taken whole at the end.
#[derive(Debug)]
#[must_use = "a verification that is not finished verifies nothing"]
pub struct Verification {
    policy: Policy,
    signatures: Signatures,
    timestamp: Option<Duration>,
    id: Option<HeaderValue>,
    transcripts: Transcripts,
    content: Content,
    received: u64,
    identities: Identities,
}

impl Verification {
    /// Takes the content; what is fed is left where it is.
    fn new(policy: &Policy, examined: &mut Examined<'_>, signatures: Signatures) -> Self {
        let Examined { credential, spellings, content, .. } = examined;
        let mut verification = Self {
            policy: policy.clone(),
            signatures,
            timestamp: credential.timestamp.map(|(_, time)| time.since_epoch()),
            id: credential.id.cloned(),
            transcripts: Transcripts::new(),
            content: mem::replace(content, Content::Nothing),
            received: 0,
            identities: Identities::new(),
        };
        if let Some(rules) = policy.replay() {
            let signed_id = credential.id.map(HeaderValue::as_bytes);
            let tenant = policy.tenant().map_or("", |tenant| tenant.id.as_str());
            let identity = |place| (place, rules.identity(tenant, signed_id));
            verification.identities.extend(spellings.places().map(identity));
        }
        verification
    }

    /// Of a request that no scheme verifies: what is left is its body.
    fn of(policy: &Policy, apart: Apart) -> Self {
        Self {
            policy: policy.clone(),
            signatures: Signatures::default(),
            timestamp: None,
            id: None,
            transcripts: Transcripts::new(),
            content: Content::Apart(Box::new(apart)),
            received: 0,
            identities: Identities::new(),
        }
    }

    /// Makes the transcripts where they stay: they are large.
    fn start(&mut self, fields: &Fields<'_>, spellings: &Spellings<'_>, now: Duration) {
        let Self { policy, transcripts, identities, .. } = self;
        let keys = policy.keys().iter().zip(0_u8..);
        for (key, place) in keys.filter(|(key, _)| key.verifies_at(now)) {
            match &key.verifying {
                VerifyingKey::Mac(mac) => {
                    for spelling in spellings.places() {
                        let transcript = Transcript::Mac(mac.clone());
                        transcripts.push(Running { key: place, spelling, transcript });
                    }
                }
                VerifyingKey::Public(key) => {
                    if transcripts.is_empty() {
                        let fresh =
                            |spelling| Running { key: 0, spelling, transcript: key.transcript() };
                        transcripts.extend(spellings.places().map(fresh));
                    }
                    let bit = 1_u8.checked_shl(u32::from(place)).unwrap_or_default();
                    transcripts.iter_mut().for_each(|running| running.key |= bit);
                }
            }
        }
        // What stands in the body is fed once it is there.
        if let Some(scheme) = policy.scheme().filter(|scheme| !scheme.is_in_body()) {
            let (before, _) = scheme.template().around_content();
            feed(transcripts, identities, spellings, fields, before);
        }
    }

    /// Takes the next bytes of the body.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooLarge`] once there are more than the policy takes, and
    /// [`Rejection::UncoveredContentType`] for a body where the signature covers none.
    pub fn update(&mut self, frame: &[u8]) -> Result<(), Rejection> {
        let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        self.received = self.received.saturating_add(length);
        if self.received > self.policy.body_limit() {
            return Err(Rejection::TooLarge);
        }
        match &mut self.content {
            Content::Bytes => {
                self.transcripts.iter_mut().for_each(|running| running.transcript.update(frame));
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
    ///
    /// `whole` gives the body in one piece; it is called for forms, whose parameters are sorted
    /// before they are signed, for algorithms that cannot hash a body as it comes, and for schemes
    /// that read a member of a JSON body.
    ///
    /// # Errors
    ///
    /// [`Rejection::Mismatch`] if no key made the signature; one of its kin otherwise.
    pub fn finish<'b>(
        mut self,
        head: &Head<'_>,
        now: Duration,
        whole: impl FnOnce() -> Cow<'b, [u8]>,
    ) -> Result<Verified, Rejection> {
        self.conclude(head, now, whole)
    }

    fn conclude<'b>(
        &mut self,
        head: &Head<'_>,
        now: Duration,
        whole: impl FnOnce() -> Cow<'b, [u8]>,
    ) -> Result<Verified, Rejection> {
        let whole = LazyCell::new(whole);
        let mut digest_matches = Choice::from(1);
        match &mut self.content {
            Content::Apart(apart) => {
                return apart.conclude(&self.policy, now, || Cow::Borrowed(&**whole));
            }
            Content::Bytes | Content::Nothing | Content::Uncovered => {}
            Content::Digest(digest) => {
                digest_matches = Tag::new(&digest.hasher.finalize_reset()).matches(&digest.signed);
            }
            Content::Form => self.feed_form(&whole)?,
            Content::Members => self.feed_members(head, now, &whole)?,
            Content::Whole => self.feed_whole(&whole),
        }
        let ends = self.policy.scheme().map(|scheme| scheme.template().around_content().1);
        if ends.is_some_and(|after| !after.is_empty()) {
            self.feed_rest(head)?;
        }
        let matched = matching(&self.policy, &mut self.transcripts, &self.signatures);
        if self.policy.is_nobodys() {
            return Err(Rejection::UnknownKey);
        }
        let matched = matched.ok_or(Rejection::Mismatch)?;
        if !bool::from(digest_matches) {
            return Err(Rejection::DigestMismatch);
        }
        // What the body says of itself counts once it is known who wrote it.
        if self.policy.scheme().is_some_and(|scheme| !scheme.is_in_body() && scheme.reads_members())
        {
            self.read_members(now, &whole)?;
        }
        let Self { policy, timestamp, id, identities, .. } = self;
        let scheme = policy.scheme().ok_or(Rejection::Missing)?;
        let key = policy.keys().get(usize::from(matched.key())).ok_or(Rejection::Mismatch)?;
        if !key.verifies_at(now) {
            return Err(Rejection::RevokedKey);
        }
        Ok(Verified {
            policy: *policy.name(),
            scheme: scheme.name_shared().clone(),
            key: key.id,
            coverage: scheme.coverage(),
            tenant: policy.tenant().map(|tenant| tenant.id.clone()),
            timestamp: *timestamp,
            replay_key: identities
                .iter()
                .find(|(spelling, _)| *spelling == matched.spelling())
                .map(|(_, identity)| identity.clone().finish()),
            id_signed: id.is_some(),
            id: id
                .take()
                .or_else(|| scheme.id().and_then(|header| head.headers.get(header).cloned())),
            components: None,
            items: None,
        })
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }
}
