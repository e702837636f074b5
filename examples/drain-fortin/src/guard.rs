//! What stands directly before a handler: a signature, a token, or nothing.

use rempart_core::{KeyId, Observers, TokioTimer};
use rempart_keys::{KeyRing, Secret};
pub(crate) use rempart_signature::Verified;
use rempart_signature::{ConfigErrors, Policy, PublicUrl, Scheme, SignatureLayer};
use tower::util::Either;

use crate::bearer::BearerLayer;
use crate::nothing::Nothing;

/// One type for every route, so that the onion has one as well.
pub(crate) type Guard = Either<SignatureLayer, Either<BearerLayer, Nothing>>;

pub(crate) const fn signed(layer: SignatureLayer) -> Guard {
    Either::Left(layer)
}

pub(crate) const fn bearer(layer: BearerLayer) -> Guard {
    Either::Right(Either::Left(layer))
}

pub(crate) const OPEN: Guard = Either::Right(Either::Right(Nothing));

/// The signatures of Vapi: lower-case hexadecimal HMAC-SHA-256 of the body.
pub(crate) fn vapi(
    key: KeyId,
    secret: &Secret,
    observers: &Observers,
) -> Result<SignatureLayer, ConfigErrors> {
    let keys = KeyRing::single(key, secret.clone());
    let policy = Policy::builder("vapi").scheme(Scheme::vapi()).keys(keys).timer(TokioTimer);
    Ok(SignatureLayer::new(policy.build()?).observer(observers.clone()))
}

/// The signatures of Twilio: over the public address of the route and the form.
pub(crate) fn twilio(
    key: KeyId,
    secret: &Secret,
    public_url: PublicUrl,
    observers: &Observers,
) -> Result<SignatureLayer, ConfigErrors> {
    let keys = KeyRing::single(key, secret.clone());
    let policy = Policy::builder("twilio").scheme(Scheme::twilio()).keys(keys);
    let policy = policy.public_url(public_url).timer(TokioTimer).build()?;
    Ok(SignatureLayer::new(policy).observer(observers.clone()))
}
