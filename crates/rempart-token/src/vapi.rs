use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rempart_core::{Faults, Source};
use rempart_keys::KeyRing;
use serde::Serialize;
use thiserror::Error;

use crate::minter::{Token, check_ring, sign, signing_key, times};
use crate::{Algorithm, ConfigError, ConfigErrors, Lifetime, MintError, TokenType, head};

/// Makes tokens for Vapi's API, as [its documentation] asks; made by
/// [`Minter::vapi`](crate::Minter::vapi).
///
/// A token lives for at most an hour, [`DEFAULT_LIFE`](Self::DEFAULT_LIFE) is 15 minutes, and one
/// that a browser gets says for which origins and assistants: all by types.
///
/// ```
/// use std::time::Duration;
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_token::{Minter, PublicScope, VapiMinter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let keys = KeyRing::single(KeyId::new("vapi")?, secret);
/// let minter = Minter::vapi("made-up-organisation", keys)?;
///
/// let now = Duration::from_secs(1_800_000_000);
/// let scope = PublicScope::new(
///     "https://app.example.com".parse()?,
///     "1cbf8c70-0000-0000-0000-000000000000".parse()?,
/// );
/// let for_the_browser = minter.public(&scope, VapiMinter::DEFAULT_LIFE, now)?;
/// assert_eq!(for_the_browser.expires_at(), now + Duration::from_secs(900));
/// # Ok(())
/// # }
/// ```
///
/// A longer life does not compile:
///
/// ```compile_fail,E0080
/// # use std::time::Duration;
/// # use rempart_token::{Lifetime, VapiMinter};
/// fn mint(minter: &VapiMinter, now: Duration) {
///     let _ = minter.private(Lifetime::minutes::<61>(), now);
/// }
/// # fn main() { let _: fn(&VapiMinter, Duration) = mint; }
/// ```
///
/// [its documentation]: https://docs.vapi.ai/customization/jwt-authentication
#[derive(Clone)]
pub struct VapiMinter {
    org_id: String,
    keys: Source<KeyRing>,
}

impl VapiMinter {
    /// How long a token lives unless there is a reason for another.
    pub const DEFAULT_LIFE: Lifetime<3600> = Lifetime::minutes::<15>();

    pub(crate) fn new(org_id: &str, keys: Source<KeyRing>) -> Result<Self, ConfigErrors> {
        let mut faults = Faults::new();
        if !is_identifier(org_id) {
            faults.push(ConfigError::OrgId);
        }
        check_ring(&keys.get(), Algorithm::Hs256, false, &mut faults);
        faults.finish()?;
        Ok(Self { org_id: org_id.to_owned(), keys })
    }

    /// A token for servers: it reaches all of the API.
    ///
    /// # Errors
    ///
    /// [`MintError`], if the ring has no key that signs.
    pub fn private(&self, life: Lifetime<3600>, now: Duration) -> Result<Token, MintError> {
        self.mint(&Scope { tag: "private", restrictions: None }, life, now)
    }

    /// A token for browsers: it reaches `/call/web` alone, from these origins, for these
    /// assistants.
    ///
    /// # Errors
    ///
    /// [`MintError`], if the ring has no key that signs, or the scope is too long for a token.
    pub fn public(
        &self,
        scope: &PublicScope,
        life: Lifetime<3600>,
        now: Duration,
    ) -> Result<Token, MintError> {
        let restrictions = Restrictions {
            enabled: true,
            allowed_origins: &scope.origins,
            allowed_assistant_ids: &scope.assistants,
            allow_transient_assistant: scope.transient_assistant,
        };
        self.mint(&Scope { tag: "public", restrictions: Some(restrictions) }, life, now)
    }

    fn mint(
        &self,
        token: &Scope<'_>,
        life: Lifetime<3600>,
        now: Duration,
    ) -> Result<Token, MintError> {
        let (iat, exp) = times(life.get(), now);
        let payload = Payload { org_id: &self.org_id, token, iat, exp };
        let claims = serde_json::to_string(&payload).map_err(|_| MintError::NotAnObject)?;
        let algorithm = Algorithm::Hs256;
        let keys = self.keys.get();
        let key = signing_key(&keys, algorithm, false)?;
        // Without a `kid`: the names of our keys mean nothing to Vapi.
        let head = head::write(algorithm, None, TokenType::Jwt);
        Ok(Token::new(sign(algorithm, key, head, &claims)?, exp))
    }
}

impl fmt::Debug for VapiMinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VapiMinter")
            .field("org_id", &self.org_id)
            .field("keys", &self.keys)
            .finish()
    }
}

/// What a token for browsers may be used for: at least one origin and one assistant.
///
/// Without them it does not compile:
///
/// ```compile_fail,E0061
/// use rempart_token::PublicScope;
///
/// let scope = PublicScope::new();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct PublicScope {
    origins: Vec<AllowedOrigin>,
    assistants: Vec<AssistantId>,
    transient_assistant: bool,
}

impl PublicScope {
    /// Calls from this origin, with this assistant.
    pub fn new(origin: AllowedOrigin, assistant: AssistantId) -> Self {
        Self { origins: vec![origin], assistants: vec![assistant], transient_assistant: false }
    }

    /// Calls from this origin as well.
    pub fn origin(mut self, origin: AllowedOrigin) -> Self {
        self.origins.push(origin);
        self
    }

    /// Calls with this assistant as well.
    pub fn assistant(mut self, assistant: AssistantId) -> Self {
        self.assistants.push(assistant);
        self
    }

    /// Calls with an assistant that the browser makes up, too.
    ///
    /// # Security
    ///
    /// Whoever has the token can then let your organisation pay for any assistant.
    pub const fn dangerously_allow_transient_assistant(mut self) -> Self {
        self.transient_assistant = true;
        self
    }
}

/// The origin of a page: `https://`, a host, and perhaps a port. No wildcard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AllowedOrigin(String);

impl FromStr for AllowedOrigin {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let authority = text.strip_prefix("https://").ok_or(ScopeError::Origin)?;
        let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
        let label = |label: &str| {
            let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !label.is_empty() && label.len() < 64 && label.bytes().all(inside)
        };
        let good = host.len() < 254
            && host.split('.').all(label)
            && port.len() < 6
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0);
        good.then(|| Self(text.to_owned())).ok_or(ScopeError::Origin)
    }
}

/// Names an assistant of Vapi.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AssistantId(String);

impl FromStr for AssistantId {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        is_identifier(text).then(|| Self(text.to_owned())).ok_or(ScopeError::Assistant)
    }
}

/// Why a text is no part of a scope.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScopeError {
    /// No identifier of an assistant.
    #[error("an assistant's identifier is 1 to 64 characters of `[A-Za-z0-9_-]`")]
    Assistant,
    /// No origin.
    #[error("an origin is `https://`, a host without a wildcard, and perhaps a port")]
    Origin,
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "orgId")]
    org_id: &'a str,
    token: &'a Scope<'a>,
    iat: u64,
    exp: u64,
}

#[derive(Serialize)]
struct Scope<'a> {
    tag: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    restrictions: Option<Restrictions<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Restrictions<'a> {
    enabled: bool,
    allowed_origins: &'a [AllowedOrigin],
    allowed_assistant_ids: &'a [AssistantId],
    allow_transient_assistant: bool,
}

fn is_identifier(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(inside)
}
