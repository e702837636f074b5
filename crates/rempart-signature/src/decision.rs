mod apart;
mod content;
mod feed;
mod late;
mod matching;
mod progress;
mod transcripts;

use std::borrow::Cow;
use std::time::Duration;

pub(crate) use self::apart::Apart;
pub(crate) use self::content::signed_digest;
use self::progress::Progress;
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
    let mut progress = Progress::default();
    match progress.begin(policy, head, now) {
        Ok(()) => Decision::Read(Verification { policy: policy.clone(), progress }),
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
    let mut progress = Progress::default();
    progress.begin(policy, &head, now)?;
    progress.update(policy, body)?;
    progress.conclude(policy, &head, now, || Cow::Borrowed(body))
}

/// A verification under way: takes the body frame by frame, then says whether it was signed.
///
/// One MAC for each key, however many signatures the request carries. For public keys the body is
/// hashed once, or taken whole at the end.
#[derive(Debug)]
#[must_use = "a verification that is not finished verifies nothing"]
pub struct Verification {
    policy: Policy,
    progress: Progress,
}

impl Verification {
    /// Takes the next bytes of the body.
    ///
    /// # Errors
    ///
    /// [`Rejection::TooLarge`] once there are more than the policy takes, and
    /// [`Rejection::UncoveredContentType`] for a body where the signature covers none.
    pub fn update(&mut self, frame: &[u8]) -> Result<(), Rejection> {
        self.progress.update(&self.policy, frame)
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
        self.progress.conclude(&self.policy, head, now, whole)
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }
}
