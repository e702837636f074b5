//! What a request needs to reach a handler, if anything.

use rempart_core::{Live, Observers, TokioTimer};
use rempart_keys::KeyRing;
pub(crate) use rempart_signature::Verified;
use rempart_signature::{ConfigErrors, Policy, PublicUrl, Scheme, SignatureLayer};
pub(crate) use rempart_token::Claims;
use rempart_token::TokenLayer;

use crate::admin::AdminLayer;
use crate::keys::Purpose;

/// What guards a route; where in the onion it stands, the onion says.
#[derive(Clone, Debug)]
pub(crate) enum Guard {
    /// To come from this machine, or from an administrator.
    Admin(AdminLayer),
    /// Nothing.
    Open,
    /// A signature of the body.
    Signature(SignatureLayer),
    /// A user's token.
    Token(TokenLayer),
}

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
