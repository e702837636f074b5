use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// Names a tenant: 1 to 128 visible ASCII characters. A clone bumps one reference count.
///
/// ```
/// use rempart_signature::TenantId;
///
/// let tenant: TenantId = "shop.example".parse()?;
/// assert_eq!(tenant.as_str(), "shop.example");
/// assert!("two words".parse::<TenantId>().is_err());
/// # Ok::<(), rempart_signature::TenantIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The most characters of a name.
    pub const MAX_LEN: usize = 128;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is_one(text: &str) -> bool {
        (1..=Self::MAX_LEN).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

impl FromStr for TenantId {
    type Err = TenantIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if Self::is_one(text) { Ok(Self(text.into())) } else { Err(TenantIdError) }
    }
}

/// Texts find what is kept under a name, without one being made.
impl Borrow<str> for TenantId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", &self.0)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that names no tenant.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a tenant's name is 1 to {} visible ASCII characters", TenantId::MAX_LEN)]
pub struct TenantIdError;
