use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderValue;
use rempart_core::{ClientAddr, Faults, IpPrefix, NameError, PolicyName};

use super::{ConfigError, ConfigErrors};
use crate::Claims;

/// Says whose token opens the administration, and from where.
///
/// ```
/// use rempart_token::admin::Policy;
///
/// let policy = Policy::builder("admin").role("admin").prefixes(["10.0.0.0/8"]).build()?;
/// assert_eq!(policy.name().as_str(), "admin");
///
/// // Every fault is reported at once.
/// let faults = Policy::builder("admin").prefixes(["10.0.0.1/8", "::/0"]).build().unwrap_err();
/// assert_eq!(faults.len(), 3);
/// # Ok::<(), rempart_token::admin::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    name: PolicyName,
    roles: Box<[String]>,
    scopes: Box<[String]>,
    prefixes: Option<Box<[IpPrefix]>>,
    challenge: HeaderValue,
}

impl Policy {
    /// The most bytes of a role or a scope.
    pub const MAX_TEXT: usize = 128;

    /// The most roles, scopes or prefixes, each.
    pub const MAX_ENTRIES: usize = 64;

    /// Starts a policy of this name: `[a-z0-9-]`, 1 to 32 bytes.
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder {
            name: PolicyName::new(name),
            roles: Vec::new(),
            scopes: Vec::new(),
            prefixes: None,
            realm: None,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.0.name
    }

    /// The roles any of which is enough; none if no role is asked for.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.0.roles
    }

    /// The scopes all of which are needed.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.0.scopes
    }

    /// The blocks of addresses that may come in; `None` for any.
    #[must_use]
    pub fn prefixes(&self) -> Option<&[IpPrefix]> {
        self.0.prefixes.as_deref()
    }

    /// What a refused client is asked for ([RFC 6750 §3.1]).
    ///
    /// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
    pub(super) fn challenge(&self) -> &HeaderValue {
        &self.0.challenge
    }

    /// Whether these claims say enough.
    pub(super) fn suffices(&self, claims: &Claims) -> bool {
        let granted = |scope: &String| claims.scopes().any(|word| word == scope);
        self.0.scopes.iter().all(granted) && self.holds_role(claims)
    }

    /// Whether the client may come from there.
    pub(super) fn admits(&self, client: ClientAddr) -> bool {
        let prefixes = self.0.prefixes.as_deref();
        prefixes.is_none_or(|blocks| blocks.iter().any(|block| block.contains(client.ip())))
    }

    fn holds_role(&self, claims: &Claims) -> bool {
        let enough = |role: &str| self.0.roles.iter().any(|wanted| wanted == role);
        if self.0.roles.is_empty() || claims.role().is_some_and(enough) {
            return true;
        }
        // A list that is not one of texts names no role.
        let named = claims.decode::<Roles<'_>>().ok();
        named.is_some_and(|named| named.roles.iter().any(|Role(role)| enough(role)))
    }
}

/// The list of roles of [RFC 9068 §2.2.3.1].
///
/// [RFC 9068 §2.2.3.1]: https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3.1
#[derive(serde::Deserialize)]
struct Roles<'a> {
    #[serde(borrow, default)]
    roles: Vec<Role<'a>>,
}

/// A type of its own, so that it borrows: a bare `Cow` in a list is always a copy.
#[derive(serde::Deserialize)]
struct Role<'a>(#[serde(borrow)] Cow<'a, str>);

/// Builds a [`Policy`].
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    roles: Vec<String>,
    scopes: Vec<String>,
    prefixes: Option<Vec<String>>,
    realm: Option<String>,
}

impl PolicyBuilder {
    /// Lets in who has this role: the claim `role` is it, or the list `roles` holds it. Of several
    /// any is enough.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Asks for this scope: a word of the claim `scope`. Of several all are needed, beside a role
    /// if there is one.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Lets in clients of these blocks only, in CIDR notation. Needs a
    /// [`ClientAddrLayer`](rempart_core::ClientAddrLayer) outside.
    pub fn prefixes<T: AsRef<str>>(mut self, prefixes: impl IntoIterator<Item = T>) -> Self {
        let prefixes = prefixes.into_iter().map(|prefix| prefix.as_ref().to_owned());
        self.prefixes.get_or_insert_default().extend(prefixes);
        self
    }

    /// Names the realm in the challenge; without it the challenge has none.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// Every fault at once; see [`ConfigError`].
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let Self { name, roles, scopes, prefixes, realm } = self;
        let mut faults = Faults::new();
        let name = faults.take(name.map_err(ConfigError::from));
        if roles.is_empty() && scopes.is_empty() {
            faults.push(ConfigError::NothingRequired);
        }
        for role in roles.iter().filter(|role| !is_role(role)) {
            faults.push(ConfigError::Role { role: role.clone() });
        }
        for scope in scopes.iter().filter(|scope| !is_scope(scope)) {
            faults.push(ConfigError::Scope { scope: scope.clone() });
        }
        let lengths = [
            ("role", roles.len()),
            ("scope", scopes.len()),
            ("prefixes", prefixes.as_ref().map_or(0, Vec::len)),
        ];
        for (field, given) in lengths.into_iter().filter(|(_, given)| *given > Policy::MAX_ENTRIES)
        {
            faults.push(ConfigError::TooMany { field, given });
        }
        let prefixes = prefixes.map(|texts| blocks(&texts, &mut faults));
        if realm.as_deref().is_some_and(|realm| !is_realm(realm)) {
            faults.push(ConfigError::Realm);
        }
        let challenge = challenge(realm.as_deref(), &scopes);
        if faults.is_empty() && challenge.is_none() {
            faults.push(ConfigError::Realm);
        }
        faults.finish()?;
        // Both are there, or their absence was a fault.
        let (Some(name), Some(challenge)) = (name, challenge) else {
            return Err(ConfigError::Realm.into());
        };
        let (roles, scopes) = (roles.into(), scopes.into());
        Ok(Policy(Arc::new(Checked { name, roles, scopes, prefixes, challenge })))
    }
}

fn blocks(texts: &[String], faults: &mut Faults<ConfigError>) -> Box<[IpPrefix]> {
    if texts.is_empty() {
        faults.push(ConfigError::NoPrefixes);
    }
    let fault = |prefix: &String, fault| ConfigError::Prefix { prefix: prefix.clone(), fault };
    let read = |text: &String| text.parse::<IpPrefix>().map_err(|error| fault(text, error));
    let blocks: Box<[_]> = texts.iter().filter_map(|text| faults.take(read(text))).collect();
    if blocks.iter().any(|block| block.length() == 0) {
        faults.push(ConfigError::PrefixOfEverything);
    }
    blocks
}

fn challenge(realm: Option<&str>, scopes: &[String]) -> Option<HeaderValue> {
    let realm = realm.map(|realm| format!("realm=\"{realm}\", ")).unwrap_or_default();
    let mut challenge = format!("Bearer {realm}error=\"insufficient_scope\"");
    if !scopes.is_empty() {
        challenge.push_str(", scope=\"");
        challenge.push_str(&scopes.join(" "));
        challenge.push('"');
    }
    HeaderValue::try_from(challenge).ok()
}

fn is_role(text: &str) -> bool {
    (1..=Policy::MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn is_scope(text: &str) -> bool {
    let allowed = |byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    (1..=Policy::MAX_TEXT).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_realm(text: &str) -> bool {
    let allowed = |byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
