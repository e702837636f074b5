use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use rempart_core::{Faults, Source};
use rempart_keys::{Key, KeyRing};
use serde::Serialize;

use crate::json::{self, Fault};
use crate::mac::Mac;
use crate::policy::{AUDIENCE, ISSUER, Named, checked_secret};
use crate::{
    Algorithm, ConfigError, ConfigErrors, Lifetime, MintError, Policy, TokenType, VapiMinter, head,
};

/// Makes tokens, each of which ends.
///
/// ```
/// use std::time::Duration;
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_token::{Lifetime, Minter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let keys = KeyRing::single(KeyId::new("2026-q4")?, secret);
/// let minter = Minter::hs256(keys)
///     .issuer("https://auth.example.com")
///     .audience("https://api.example.com")
///     .build()?;
///
/// #[derive(serde::Serialize)]
/// struct Session<'a> {
///     sub: &'a str,
///     role: &'a str,
/// }
/// let now = Duration::from_secs(1_800_000_000);
/// let session = Session { sub: "ada", role: "agent" };
/// let token = minter.mint(&session, Lifetime::minutes::<15>(), now)?;
/// assert_eq!(token.expires_at(), now + Duration::from_secs(900));
/// assert!(!format!("{token:?}").contains(token.as_str()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Minter {
    algorithm: Algorithm,
    keys: Source<KeyRing>,
    token_type: TokenType,
    /// `"iss":…,"aud":…,`, what there is of it.
    prefix: String,
    short_secrets: bool,
}

impl Minter {
    /// Signs with the active key of a ring, with HMAC-SHA-256. A ring that is
    /// [`Live`](rempart_core::Live) is looked at for each token.
    pub fn hs256(keys: impl Into<Source<KeyRing>>) -> MinterBuilder {
        MinterBuilder {
            keys: keys.into(),
            issuers: Named::default(),
            audiences: Named::default(),
            token_type: TokenType::Jwt,
            short_secrets: false,
        }
    }

    /// Makes tokens for [Vapi](https://docs.vapi.ai): signed with the organisation's private key.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn vapi(
        org_id: &str,
        keys: impl Into<Source<KeyRing>>,
    ) -> Result<VapiMinter, ConfigErrors> {
        VapiMinter::new(org_id, keys.into())
    }

    /// Makes a token with these claims, and with `iat`, `exp`, `jti` and what the minter was built
    /// with. `now` is the time since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`MintError`], which holds nothing of the claims.
    pub fn mint(
        &self,
        claims: &impl Serialize,
        life: Lifetime,
        now: Duration,
    ) -> Result<Token, MintError> {
        let theirs = serde_json::to_string(claims).map_err(|_| MintError::NotAnObject)?;
        check(&theirs)?;
        let theirs = theirs.strip_prefix('{').ok_or(MintError::NotAnObject)?;
        let comma = if theirs == "}" { "" } else { "," };
        let (iat, exp) = times(life.get(), now);
        let id = identifier()?;
        let prefix = &self.prefix;
        let claims =
            format!("{{{prefix}\"iat\":{iat},\"exp\":{exp},\"jti\":\"{id}\"{comma}{theirs}");
        let keys = self.keys.get();
        let key = signing_key(&keys, self.algorithm, self.short_secrets)?;
        let head = head::write(self.algorithm, Some(key.id()), self.token_type);
        let text = sign(self.algorithm, key, head, &claims)?;
        Ok(Token { text, id: Some(id), expires_at: Duration::from_secs(exp) })
    }
}

impl fmt::Debug for Minter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minter")
            .field("algorithm", &self.algorithm)
            .field("keys", &self.keys)
            .field("token_type", &self.token_type)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Minter`].
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct MinterBuilder {
    keys: Source<KeyRing>,
    issuers: Named,
    audiences: Named,
    token_type: TokenType,
    short_secrets: bool,
}

impl MinterBuilder {
    /// Writes this issuer (`iss`). Required; there is one.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.texts = vec![issuer.into()];
        self
    }

    /// Writes no issuer: for a verifier that refuses one.
    pub const fn dangerously_without_issuer(mut self) -> Self {
        self.issuers.any = true;
        self
    }

    /// Writes this audience (`aud`). Required; said again, a list of both.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.texts.push(audience.into());
        self
    }

    /// Writes no audience: for a verifier that refuses one.
    pub const fn dangerously_without_audience(mut self) -> Self {
        self.audiences.any = true;
        self
    }

    /// Says that the tokens are of this type; [`TokenType::Jwt`] by default.
    pub const fn token_type(mut self, token_type: TokenType) -> Self {
        self.token_type = token_type;
        self
    }

    /// Signs with secrets shorter than the algorithm asks for.
    ///
    /// # Security
    ///
    /// For published test vectors. A short secret can be guessed from a single token.
    pub const fn dangerously_short_secrets(mut self) -> Self {
        self.short_secrets = true;
        self
    }

    /// Checks what was said.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn build(self) -> Result<Minter, ConfigErrors> {
        let algorithm = Algorithm::Hs256;
        let mut faults = Faults::new();
        check_ring(&self.keys.get(), algorithm, self.short_secrets, &mut faults);
        let issuers = faults.take_all(self.issuers.checked(&ISSUER), |fault| fault).flatten();
        let audiences = faults.take_all(self.audiences.checked(&AUDIENCE), |fault| fault).flatten();
        if audiences.as_ref().is_some_and(|texts| texts.len() > Policy::MAX_AUDIENCES) {
            let audience = "(too many)".to_owned();
            faults.push(ConfigError::Audience { audience });
        }
        faults.finish()?;
        let mut prefix = String::new();
        if let Some([issuer, ..]) = issuers.as_deref() {
            member(&mut prefix, "iss", &issuer);
        }
        match audiences.as_deref() {
            Some([audience]) => member(&mut prefix, "aud", &audience),
            Some(audiences) => member(&mut prefix, "aud", &audiences),
            None => {}
        }
        let Self { keys, token_type, short_secrets, .. } = self;
        Ok(Minter { algorithm, keys, token_type, prefix, short_secrets })
    }
}

/// A token that was minted. Its text is a credential: `Debug` does not show it, and there is no
/// `Display`.
///
/// ```compile_fail,E0277
/// # fn print(token: rempart_token::Token) {
/// println!("{token}");
/// # }
/// ```
#[derive(Clone)]
pub struct Token {
    text: String,
    id: Option<String>,
    expires_at: Duration,
}

impl Token {
    /// The token itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `Bearer` and the token, marked as sensitive: the value of an `Authorization` header.
    #[must_use]
    pub fn to_header(&self) -> HeaderValue {
        let value = HeaderValue::from_str(&format!("Bearer {}", self.text));
        // Base64url and dots: never refused.
        let mut value = value.unwrap_or(const { HeaderValue::from_static("") });
        value.set_sensitive(true);
        value
    }

    /// Its identifier (`jti`), if it has one: what [`Revocations`](crate::Revocations) know it by.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// When it ends, since the Unix epoch.
    #[must_use]
    pub const fn expires_at(&self) -> Duration {
        self.expires_at
    }

    pub(crate) const fn new(text: String, exp: u64) -> Self {
        Self { text, id: None, expires_at: Duration::from_secs(exp) }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Refuses claims that no verifier would read, or that the minter writes itself.
fn check(claims: &str) -> Result<(), MintError> {
    let mut reserved = None;
    let read = json::object(claims, |name, _| {
        reserved = reserved.or(RESERVED.into_iter().find(|reserved| *reserved == name));
        Ok::<(), Fault>(())
    });
    match (read, reserved) {
        (_, Some(name)) => Err(MintError::Reserved { name }),
        (Err(_), None) => Err(MintError::NotAnObject),
        (Ok(()), None) => Ok(()),
    }
}

const RESERVED: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// What is wrong with a ring that is to sign.
pub(crate) fn check_ring(
    ring: &KeyRing,
    algorithm: Algorithm,
    short_secrets: bool,
    faults: &mut Faults<ConfigError>,
) {
    match ring.signing() {
        None => faults.push(ConfigError::NoKeys),
        Some(key) => drop(faults.take(checked_secret(key, algorithm, short_secrets))),
    }
}

/// The key that signs now: a ring may have changed since it was checked.
pub(crate) fn signing_key(
    ring: &KeyRing,
    algorithm: Algorithm,
    short_secrets: bool,
) -> Result<&Key, MintError> {
    let key = ring.signing().ok_or(MintError::NoSigningKey)?;
    match checked_secret(key, algorithm, short_secrets) {
        Err(ConfigError::SecretTooShort { key, length, minimum }) => {
            Err(MintError::SecretTooShort { key, length, minimum })
        }
        _ => Ok(key),
    }
}

/// `iat` and `exp` in seconds.
pub(crate) const fn times(life: Duration, now: Duration) -> (u64, u64) {
    (now.as_secs(), now.as_secs().saturating_add(life.as_secs()))
}

/// The three parts, signed.
pub(crate) fn sign(
    algorithm: Algorithm,
    key: &Key,
    head: String,
    claims: &str,
) -> Result<String, MintError> {
    let mut token = head;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let mac = Mac::new(algorithm, key.secret().expose()).ok_or(MintError::NoSigningKey)?;
    let tag = mac.tag(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(tag.0, &mut token);
    match token.len() {
        length if length > Policy::MAX_TOKEN => Err(MintError::TooLarge { length }),
        _ => Ok(token),
    }
}

/// Sixteen bytes of the operating system's randomness.
fn identifier() -> Result<String, MintError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| MintError::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn member(json: &mut String, name: &str, value: &impl Serialize) {
    // Texts and lists of them: never refused.
    let value = serde_json::to_string(value).unwrap_or_default();
    for part in ["\"", name, "\":", &value, ","] {
        json.push_str(part);
    }
}
