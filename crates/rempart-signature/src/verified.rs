use std::borrow::Cow;
use std::time::Duration;

use http::HeaderValue;
use rempart_core::{KeyId, PolicyName};

use crate::{Coverage, ReplayKey, SignedComponents, SignedItems, TenantId};

/// Says in a request's extensions that its signature was verified, and how.
///
/// Only this crate makes one: a handler that finds it knows that the layer was there.
///
/// ```
/// use http::Request;
/// use rempart_signature::Verified;
///
/// fn handle<B>(request: &Request<B>) -> Option<&str> {
///     let verified = request.extensions().get::<Verified>()?;
///     (verified.policy().as_str() == "github").then(|| verified.scheme())
/// }
/// assert_eq!(handle(&Request::new(())), None);
/// ```
///
/// A forged one does not compile:
///
/// ```compile_fail,E0451
/// # use rempart_signature::Verified;
/// fn forge(seen: Verified) -> Verified {
///     Verified { id: None, ..seen }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub(crate) policy: PolicyName,
    pub(crate) scheme: Cow<'static, str>,
    pub(crate) key: KeyId,
    pub(crate) coverage: Coverage,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) timestamp: Option<Duration>,
    pub(crate) id: Option<HeaderValue>,
    pub(crate) id_signed: bool,
    pub(crate) replay_key: Option<ReplayKey>,
    pub(crate) components: Option<SignedComponents>,
    pub(crate) items: Option<SignedItems>,
}

impl Verified {
    /// The policy that verified it.
    #[must_use]
    pub const fn policy(&self) -> PolicyName {
        self.policy
    }

    /// The name of the scheme, the token or the items' signatures; `sns` or `paypal` where a
    /// certificate was shown.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The key that matched; of several the one that was added last. When an old one no longer
    /// does, it can be revoked. Of a certificate, the first 16 digits of its SHA-256 fingerprint.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// How much of the request the signature covers.
    #[must_use]
    pub const fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// The tenant whose key that is, where each has its own.
    #[must_use]
    pub const fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// The signed time, since the Unix epoch, if the scheme has one.
    #[must_use]
    pub const fn timestamp(&self) -> Option<Duration> {
        self.timestamp
    }

    /// The parts of the message that were signed, under HTTP message signatures.
    #[must_use]
    pub const fn components(&self) -> Option<&SignedComponents> {
        self.components.as_ref()
    }

    /// What was signed of the items of the body, where they are signed one by one.
    #[must_use]
    pub const fn items(&self) -> Option<&SignedItems> {
        self.items.as_ref()
    }

    /// The message's id, if the scheme signs one, the `nonce` of a message signature or the `jti` of a
    /// token: what to store once.
    #[must_use]
    pub fn signed_id(&self) -> Option<&str> {
        self.id.as_ref().filter(|_| self.id_signed)?.to_str().ok()
    }

    /// The message's id, if the scheme names one without signing it: good for a log, and no
    /// protection from a replay, since whoever replays a request can change it.
    #[must_use]
    pub fn unauthenticated_id(&self) -> Option<&str> {
        self.id.as_ref().filter(|_| !self.id_signed)?.to_str().ok()
    }

    /// What the layer claims the message by, where its policy has a
    /// [`ReplayStore`](crate::ReplayStore): equal for equal signed messages, whichever key signed
    /// them. Outside Tower, what to claim oneself.
    #[must_use]
    pub const fn replay_key(&self) -> Option<ReplayKey> {
        self.replay_key
    }
}
