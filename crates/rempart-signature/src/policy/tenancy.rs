use std::sync::Arc;
use std::time::Duration;

use rempart_core::{Faults, Fingerprint, KeyId, SharedTimer};
use rempart_keys::KeyRing;

use super::{Checked, Policy, PolicyKey};
use crate::ConfigErrors;
use crate::key::{MacKey, VerifyingKey};
use crate::tenant::{Known, Table, Tenant, Tenants};

/// Whose keys a policy has.
pub(super) enum Tenancy {
    /// Everybody's.
    Common,
    /// Nobody's: there is no such tenant, or it has no key that verifies.
    Nobody,
    /// This tenant's.
    One(Tenant),
    /// Those of each tenant, once they are looked up.
    Table(Arc<Table>),
}

impl Policy {
    /// Looks the keys of this tenant up again when a request of it comes next, and refuses what is
    /// signed with the ones from before, even if its body is on its way already, unless they have been
    /// looked up again meanwhile and are the same: what to call when a tenant's key is revoked. Without
    /// [`tenants`](super::PolicyBuilder::tenants) it does nothing.
    pub fn forget_tenant(&self, tenant: &str) {
        if let Some(table) = self.tenants() {
            table.forget(tenant);
        }
    }

    /// The same for every tenant at once.
    pub fn forget_tenants(&self) {
        if let Some(table) = self.tenants() {
            table.forget_all();
        }
    }

    pub(crate) fn tenants(&self) -> Option<&Arc<Table>> {
        match &self.0.tenancy {
            Tenancy::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(crate) fn tenant(&self) -> Option<&Tenant> {
        match &self.0.tenancy {
            Tenancy::One(tenant) => Some(tenant),
            _ => None,
        }
    }

    /// The tenant's name; an empty one where there are no tenants.
    pub(crate) fn tenant_name(&self) -> &str {
        self.tenant().map_or("", |tenant| tenant.id.as_str())
    }

    /// Whether nothing that its keys match is good: they are there to take as long as others do.
    pub(crate) fn is_nobodys(&self) -> bool {
        matches!(self.0.tenancy, Tenancy::Nobody | Tenancy::Table(_))
    }

    /// Whether a key of a policy that a request began with is still good.
    pub(crate) fn still_allows(&self, began: &Self, key: KeyId, now: Duration) -> bool {
        match began.tenant() {
            None => self.still_verifies(began, key, now),
            Some(tenant) => match self.tenants().map(|table| table.known(tenant)) {
                Some(Known::As(current)) => current.still_verifies(began, key, now),
                Some(Known::NoLonger) => true,
                Some(Known::NotToBe) | None => false,
            },
        }
    }

    /// The same policy with the keys of one tenant.
    pub(crate) fn of_tenant(&self, tenant: Tenant, ring: &KeyRing) -> Result<Self, ConfigErrors> {
        let mut faults = Faults::new();
        let keys = self.0.rules.keys(ring, self.0.short_secrets, &mut faults);
        faults.finish()?;
        let (keys, tenancy) = if keys.is_empty() {
            (self.stand_in(), Tenancy::Nobody)
        } else {
            (keys, Tenancy::One(tenant))
        };
        Ok(Self(Arc::new(Checked { tenancy, ..self.0.with(keys, Some(ring)) })))
    }

    /// The same policy with the keys of each tenant.
    pub(super) fn with_tenants(self, tenants: Tenants, timer: SharedTimer) -> Self {
        let of = |tenancy| Checked { tenancy, ..self.0.copy(self.stand_in(), None) };
        let nobody = Self(Arc::new(of(Tenancy::Nobody)));
        let table = Arc::new(Table::new(tenants, self.clone(), nobody, timer));
        Self(Arc::new(Checked {
            tenancy: Tenancy::Table(table),
            ..self.0.copy(Box::default(), None)
        }))
    }

    /// One key that takes as long as another. It is no secret: see [`is_nobodys`](Self::is_nobodys).
    fn stand_in(&self) -> Box<[PolicyKey]> {
        let (algorithm, _, _) = self.0.rules.reading(true);
        let mac = MacKey::new(algorithm, &[0; 32]).map(VerifyingKey::Mac);
        let id = KeyId::new("stand-in").ok();
        let fingerprint = Fingerprint::from_bytes([0; 3]);
        let key = mac.zip(id);
        let key = key.map(|(verifying, id)| PolicyKey { id, verifying, until: None, fingerprint });
        key.into_iter().collect()
    }
}
