//! What stands directly before a handler: a signature, a token, or nothing.

use rempart_core::{Live, Observers, TokioTimer};
use rempart_keys::KeyRing;
pub(crate) use rempart_signature::Verified;
use rempart_signature::{ConfigErrors, Policy, PublicUrl, Scheme, SignatureLayer};
pub(crate) use rempart_token::Claims;
use rempart_token::TokenLayer;
use tower::util::Either;

use crate::keys::Purpose;
use crate::nothing::Nothing;

/// One type for every route, so that the onion has one as well.
pub(crate) type Guard = Either<SignatureLayer, Either<TokenLayer, Nothing>>;

pub(crate) const fn signed(layer: SignatureLayer) -> Guard {
    Either::Left(layer)
}

pub(crate) const fn bearer(layer: TokenLayer) -> Guard {
    Either::Right(Either::Left(layer))
}

pub(crate) const OPEN: Guard = Either::Right(Either::Right(Nothing));

/// The signatures of Vapi: lower-case hexadecimal HMAC-SHA-256 of the body.
pub(crate) fn vapi(ring: KeyRing) -> Result<Policy, ConfigErrors> {
    let policy = Policy::builder(Purpose::Vapi.policy()).scheme(Scheme::vapi());
    policy.keys(ring).timer(TokioTimer).build()
}

/// The signatures of Twilio: over the public address of the route and the form.
pub(crate) fn twilio(ring: KeyRing, public_url: PublicUrl) -> Result<Policy, ConfigErrors> {
    let policy = Policy::builder(Purpose::Twilio.policy()).scheme(Scheme::twilio());
    policy.keys(ring).public_url(public_url).timer(TokioTimer).build()
}

pub(crate) fn signature(policy: Live<Policy>, observers: &Observers) -> SignatureLayer {
    SignatureLayer::new(policy).observer(observers.clone())
}
