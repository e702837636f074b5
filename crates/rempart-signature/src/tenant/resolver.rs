use std::fmt;
use std::pin::Pin;

use rempart_keys::KeyRing;
use thiserror::Error;

use super::TenantId;

/// Looks up the keys of a tenant, wherever they are kept.
///
/// A function does: `|tenant: TenantId| async move { … }`.
pub trait KeyResolver: Send + Sync {
    /// Asks for the keys of this tenant.
    fn resolve(&self, tenant: &TenantId) -> Resolving;
}

/// What [`KeyResolver::resolve`] gives: the keys, or nothing if there is no such tenant.
pub type Resolving = Pin<Box<dyn Future<Output = Result<Option<KeyRing>, ResolveError>> + Send>>;

impl<F, R> KeyResolver for F
where
    F: Fn(TenantId) -> R + Send + Sync,
    R: Future<Output = Result<Option<KeyRing>, ResolveError>> + Send + 'static,
{
    fn resolve(&self, tenant: &TenantId) -> Resolving {
        Box::pin(self(tenant.clone()))
    }
}

/// Looks up the keys of a tenant where that takes no waiting: a table in memory.
///
/// A function does: `|tenant: &TenantId| …`.
pub trait SyncKeyResolver: Send + Sync {
    /// Gives the keys of this tenant, or nothing if there is no such tenant.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if that cannot be said now.
    fn resolve_now(&self, tenant: &TenantId) -> Result<Option<KeyRing>, ResolveError>;
}

impl<F> SyncKeyResolver for F
where
    F: Fn(&TenantId) -> Result<Option<KeyRing>, ResolveError> + Send + Sync,
{
    fn resolve_now(&self, tenant: &TenantId) -> Result<Option<KeyRing>, ResolveError> {
        self(tenant)
    }
}

/// A look-up that is over when it is asked for.
pub(super) struct AtOnce<R>(pub(super) R);

impl<R: SyncKeyResolver> KeyResolver for AtOnce<R> {
    fn resolve(&self, tenant: &TenantId) -> Resolving {
        Box::pin(std::future::ready(self.0.resolve_now(tenant)))
    }
}

/// The keys of a tenant cannot be had now. Says nothing of why: the resolver logs that itself.
#[derive(Clone, Copy, Debug, Default, Error, PartialEq, Eq)]
#[error("the keys of the tenant cannot be had now")]
pub struct ResolveError;

impl fmt::Debug for dyn KeyResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyResolver(..)")
    }
}
