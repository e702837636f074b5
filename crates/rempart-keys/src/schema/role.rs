use std::fmt;

use super::jwt::Payload;

/// Whose rights a key of [Supabase] has.
///
/// ```
/// use rempart_keys::SupabaseRole;
///
/// assert_eq!(SupabaseRole::of("sb_publishable_made-up"), Some(SupabaseRole::Anon));
/// assert_eq!(SupabaseRole::of("sb_secret_made-up"), Some(SupabaseRole::ServiceRole));
/// // A JWT whose payload is `{"role":"service_role"}`.
/// let token = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.bWFkZS11cA";
/// assert_eq!(SupabaseRole::of(token), Some(SupabaseRole::ServiceRole));
/// ```
///
/// [Supabase]: https://supabase.com/docs/guides/api/api-keys
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SupabaseRole {
    /// Those of anybody, within row security: the key may be sent to a browser.
    Anon,
    /// All of them, past row security: the key never leaves the server.
    ServiceRole,
}

impl SupabaseRole {
    /// Tells the role of a key by its beginning, or by the `role` in the payload of a JWT.
    ///
    /// A member of that name further inside counts for nothing, and a payload that says it twice
    /// has none. Nothing is verified, and nothing is allocated; of a JWT at most 8 KiB are read.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        let roles = [Self::Anon, Self::ServiceRole];
        if let Some(role) = roles.into_iter().find(|role| key.starts_with(role.prefix())) {
            return Some(role);
        }
        let payload = Payload::of(key)?;
        roles.into_iter().find(|role| payload.says(&["role"], role.as_str()))
    }

    /// The role's name in a token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anon => "anon",
            Self::ServiceRole => "service_role",
        }
    }

    /// How a key of the newer form begins.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Anon => "sb_publishable_",
            Self::ServiceRole => "sb_secret_",
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Anon => Self::ServiceRole,
            Self::ServiceRole => Self::Anon,
        }
    }
}

impl fmt::Display for SupabaseRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a key of [Vapi] opens everything, or calls from a web page only.
///
/// [Vapi]: https://docs.vapi.ai/customization/jwt-authentication
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VapiScope {
    /// Everything: the key never leaves the server.
    Private,
    /// Calls from a web page: the key may be sent to a browser.
    Public,
}

impl VapiScope {
    /// Tells the scope of a key by its beginning, or by the `token.tag` in the payload of a JWT.
    ///
    /// `None` for the keys that are UUIDs: those of both scopes look alike.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        let scopes = [Self::Private, Self::Public];
        if let Some(scope) = scopes.into_iter().find(|scope| key.starts_with(scope.prefix())) {
            return Some(scope);
        }
        let payload = Payload::of(key)?;
        scopes.into_iter().find(|scope| payload.says(&["token", "tag"], scope.as_str()))
    }

    /// The scope's name in a token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }

    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Private => "vapi_sk_",
            Self::Public => "vapi_pk_",
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Private => Self::Public,
            Self::Public => Self::Private,
        }
    }
}

impl fmt::Display for VapiScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
