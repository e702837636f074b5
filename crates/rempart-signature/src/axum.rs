//! What was verified, as arguments of axum's handlers.

mod json;
mod rejection;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use http::Extensions;
use http::request::Parts;

pub use self::json::VerifiedJson;
pub use self::rejection::NotVerified;
use crate::Verified;

/// Names a policy, so that a handler can say by which its requests were verified.
///
/// ```
/// use rempart_signature::PolicyMarker;
///
/// struct GitHub;
///
/// impl PolicyMarker for GitHub {
///     const NAME: &'static str = "github";
/// }
/// ```
pub trait PolicyMarker {
    /// The name that `Policy::builder` was given.
    const NAME: &'static str;
}

/// The [`Verified`] of the policy that `P` names, as an argument of a handler.
///
/// A handler that asks for it cannot be reached unverified. Where the layer is missing, or another
/// policy's stands in its place, the answer is 500, the log says why, and the handler is not called.
///
/// ```
/// use rempart_signature::{PolicyMarker, VerifiedBy};
///
/// struct GitHub;
///
/// impl PolicyMarker for GitHub {
///     const NAME: &'static str = "github";
/// }
///
/// async fn on_push(verified: VerifiedBy<GitHub>) -> String {
///     format!("signed with {}", verified.key())
/// }
/// # let _: axum::Router = axum::Router::new().route("/hooks", axum::routing::post(on_push));
/// ```
///
/// Only a request has one:
///
/// ```compile_fail,E0423
/// use rempart_signature::{PolicyMarker, Verified, VerifiedBy};
///
/// fn forge<P: PolicyMarker>(seen: Verified) -> VerifiedBy<P> {
///     VerifiedBy(seen, std::marker::PhantomData)
/// }
/// ```
pub struct VerifiedBy<P>(Verified, PhantomData<fn() -> P>);

impl<P: PolicyMarker> VerifiedBy<P> {
    fn of(extensions: &Extensions) -> Result<Self, NotVerified> {
        let verified = extensions.get::<Verified>().ok_or(NotVerified::NoLayer)?;
        if verified.policy().as_str() == P::NAME {
            Ok(Self(verified.clone(), PhantomData))
        } else {
            Err(NotVerified::OtherPolicy)
        }
    }
}

impl<P> VerifiedBy<P> {
    /// What was verified, without the name.
    #[must_use]
    pub fn into_inner(self) -> Verified {
        self.0
    }
}

impl<P: PolicyMarker, S: Sync> FromRequestParts<S> for VerifiedBy<P> {
    type Rejection = NotVerified;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotVerified> {
        Self::of(&parts.extensions).map_err(|rejection| rejection.told::<P>(parts))
    }
}

impl<P> Deref for VerifiedBy<P> {
    type Target = Verified;

    fn deref(&self) -> &Verified {
        &self.0
    }
}

// By hand: derives would ask the same of the marker.
impl<P> Clone for VerifiedBy<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<P> fmt::Debug for VerifiedBy<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedBy").field(&self.0).finish()
    }
}
