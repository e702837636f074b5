//! Keys that depend on who the sender is.

mod cache;
mod flight;
mod generations;
mod id;
mod resolver;
mod rules;
mod source;
mod table;

pub(crate) use self::flight::Waiting;
pub(crate) use self::generations::Tenant;
pub use self::id::{TenantId, TenantIdError};
pub use self::resolver::{KeyResolver, ResolveError, Resolving, SyncKeyResolver};
pub use self::rules::Tenants;
pub use self::source::TenantSource;
pub(crate) use self::table::{Found, Known, Table};
