use std::sync::Arc;
use std::time::Duration;

use rempart_core::Faults;

use super::resolver::AtOnce;
use super::{KeyResolver, SyncKeyResolver, TenantSource};
use crate::ConfigError;

/// Says who the tenants are, and where their keys are looked up; in place of one
/// [`KeyRing`](rempart_keys::KeyRing).
///
/// ```
/// use http::HeaderName;
/// use rempart_core::TokioTimer;
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{Policy, Scheme, TenantId, TenantSource, Tenants};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # async fn secret_of(_: &TenantId) -> Option<Secret> { None }
/// let tenants = Tenants::new(
///     TenantSource::header(HeaderName::from_static("x-shop-domain")),
///     |tenant: TenantId| async move {
///         // Ask the database; an error is a `ResolveError`, and answered 503.
///         let secret = secret_of(&tenant).await;
///         let id = KeyId::new("current").unwrap();
///         Ok(secret.map(|secret| KeyRing::single(id, secret)))
///     },
/// );
/// let policy = Policy::builder("shops")
///     .scheme(Scheme::github())
///     .tenants(tenants)
///     .timer(TokioTimer)
///     .build()?;
/// // When a tenant's keys have changed:
/// policy.forget_tenant("shop.example");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "tenants do nothing until a policy has them"]
pub struct Tenants {
    pub(super) source: TenantSource,
    pub(super) resolver: Arc<dyn KeyResolver>,
    pub(super) capacity: usize,
    pub(super) time_to_live: Duration,
    pub(super) time_out: Duration,
}

impl Tenants {
    /// How many tenants' keys are kept ready by default.
    pub const CAPACITY: usize = 1024;

    /// The most tenants whose keys can be kept ready.
    pub const MAX_CAPACITY: usize = 65_536;

    /// The most look-ups under way at once; a request that needs one more is answered 503.
    pub const MAX_LOOKUPS: usize = 64;

    /// How long it is kept that there is no such tenant.
    pub const NEGATIVE_TIME_TO_LIVE: Duration = Duration::from_secs(30);

    /// How long a look-up may take by default.
    pub const TIME_OUT: Duration = Duration::from_secs(5);

    /// How long keys are kept by default.
    pub const TIME_TO_LIVE: Duration = Duration::from_secs(300);

    /// Reads the tenant's name from there, and looks its keys up here.
    pub fn new(source: TenantSource, resolver: impl KeyResolver + 'static) -> Self {
        Self {
            source,
            resolver: Arc::new(resolver),
            capacity: Self::CAPACITY,
            time_to_live: Self::TIME_TO_LIVE,
            time_out: Self::TIME_OUT,
        }
    }

    /// The same with a look-up that waits for nothing.
    pub fn sync(source: TenantSource, resolver: impl SyncKeyResolver + 'static) -> Self {
        Self::new(source, AtOnce(resolver))
    }

    /// Keeps the keys of about so many tenants ready: of those that were asked for last. As many
    /// names are kept of which there is no tenant.
    pub const fn capacity(mut self, tenants: usize) -> Self {
        self.capacity = tenants;
        self
    }

    /// Keeps keys for so long, then looks them up again: the longest for which a key that its
    /// tenant revoked is still good, unless [`Policy::forget_tenant`](crate::Policy::forget_tenant)
    /// says so.
    pub const fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }

    /// Gives a look-up so long; then it is answered 503.
    pub const fn time_out(mut self, time: Duration) -> Self {
        self.time_out = time;
        self
    }

    pub(crate) fn check(&self, faults: &mut Faults<ConfigError>) {
        if !(2..=Self::MAX_CAPACITY).contains(&self.capacity) {
            faults.push(ConfigError::TenantCapacity { capacity: self.capacity });
        }
        if self.time_out.is_zero() || self.time_to_live.is_zero() {
            faults.push(ConfigError::TenantTimeZero);
        }
    }
}
