use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use axum_core::extract::{FromRequest, Request};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::{NotVerified, PolicyMarker, VerifiedBy};
use crate::{Coverage, Verified};

/// The JSON of a body that was signed, as an argument of a handler.
///
/// Its bytes are those that the policy of `P` verified: a policy whose signatures cover less than
/// the body is refused, with 500 and a line in the log, and so is a missing layer. A body that is no
/// JSON, or not of this type, is answered 400 or 422. `Content-Type` is not asked: it is not signed,
/// and the sender is known.
///
/// ```
/// use rempart_signature::{PolicyMarker, VerifiedJson};
///
/// struct Vapi;
///
/// impl PolicyMarker for Vapi {
///     const NAME: &'static str = "vapi";
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Report {
///     message: serde_json::Value,
/// }
///
/// async fn on_report(report: VerifiedJson<Report, Vapi>) -> String {
///     format!("{} of {:?}", report.message, report.verified().timestamp())
/// }
/// # let _: axum::Router = axum::Router::new().route("/hooks", axum::routing::post(on_report));
/// ```
pub struct VerifiedJson<T, P> {
    value: T,
    verified: Verified,
    policy: PhantomData<fn() -> P>,
}

impl<T, P> VerifiedJson<T, P> {
    /// How it was verified.
    #[must_use]
    pub const fn verified(&self) -> &Verified {
        &self.verified
    }

    /// The value, and how it was verified.
    #[must_use]
    pub fn into_parts(self) -> (T, Verified) {
        (self.value, self.verified)
    }

    /// The value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: DeserializeOwned, P: PolicyMarker, S: Sync> FromRequest<S> for VerifiedJson<T, P> {
    type Rejection = NotVerified;

    async fn from_request(request: Request, _: &S) -> Result<Self, NotVerified> {
        let (parts, body) = request.into_parts();
        let verified = VerifiedBy::<P>::of(&parts.extensions).map(VerifiedBy::into_inner);
        let verified = verified
            .and_then(|verified| match verified.coverage() {
                Coverage::Body => Ok(verified),
                Coverage::Fields | Coverage::None => Err(NotVerified::BodyNotCovered),
            })
            .map_err(|rejection| rejection.told::<P>(&parts))?;
        // The layer has read it already, within its limits.
        let body = body.collect().await.map_err(|_| NotVerified::Body)?.to_bytes();
        let value = serde_json::from_slice(&body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => NotVerified::Data,
            _ => NotVerified::Json,
        })?;
        Ok(Self { value, verified, policy: PhantomData })
    }
}

impl<T, P> Deref for VerifiedJson<T, P> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug, P> fmt::Debug for VerifiedJson<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedJson")
            .field("value", &self.value)
            .field("verified", &self.verified)
            .finish_non_exhaustive()
    }
}
