use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use rempart_core::{Faults, NameError, PolicyName};
use rempart_keys::Secret;

use super::needles::SHORTEST;
use super::search::Search;
use super::{ConfigError, ConfigErrors};
use crate::named::Named;

/// Says which secrets stay inside, and what is done with bodies that cannot be searched.
///
/// ```
/// use rempart_keys::Secret;
/// use rempart_token::egress::Policy;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let policy = Policy::builder("egress").secret("VAPI_API_KEY", &secret).build()?;
///
/// assert_eq!(policy.find(b"key=made%2Dup-for-the-documentation-only"), Some("VAPI_API_KEY"));
/// let encoded = b"key=bWFkZS11cC1mb3ItdGhlLWRvY3VtZW50YXRpb24tb25seQ==";
/// assert_eq!(policy.find(encoded), Some("VAPI_API_KEY"));
/// assert_eq!(policy.find(b"made up for the documentation only"), None);
///
/// // Every fault is reported at once.
/// let short = Secret::new("short")?;
/// let faults = Policy::builder("Egress").secret("VAPI_API_KEY", &short).build().unwrap_err();
/// assert_eq!(faults.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Policy(Arc<Checked>);

struct Checked {
    name: PolicyName,
    secrets: Box<[Box<str>]>,
    search: Search,
    rules: Rules,
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    body_limit: usize,
    streams: Streams,
    refuse_longer: bool,
    pass_encoded: bool,
}

/// What becomes of a body that does not say how long it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Streams {
    /// It is read to its end and searched; past the limit it is one of the longer bodies. An event
    /// stream (`text/event-stream`) and a switched protocol (101) pass: they would be held for
    /// ever.
    ///
    /// A service that waits for its client between two frames waits for ever: not for
    /// bidirectional streams.
    Hold,
    /// It goes out as it comes, unsearched but for headers and trailers.
    #[default]
    Pass,
    /// It is refused, event streams and switched protocols too.
    Refuse,
}

impl Policy {
    /// The fewest bytes of a secret that is looked for.
    pub const SHORTEST_SECRET: usize = SHORTEST;

    /// The most secrets that are looked for.
    pub const MAX_SECRETS: usize = 256;

    /// Starts a policy of this name: `[a-z0-9-]`, 1 to 32 bytes.
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder {
            name: PolicyName::new(name),
            secrets: Vec::new(),
            rules: Rules {
                body_limit: 1024 * 1024,
                streams: Streams::default(),
                refuse_longer: false,
                pass_encoded: false,
            },
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.0.name
    }

    /// The longest body that is searched, in bytes.
    #[must_use]
    pub fn body_limit(&self) -> usize {
        self.0.rules.body_limit
    }

    /// What becomes of a body that does not say how long it is.
    #[must_use]
    pub fn streams(&self) -> Streams {
        self.0.rules.streams
    }

    /// Whether a body past the limit is refused.
    #[must_use]
    pub fn refuses_longer(&self) -> bool {
        self.0.rules.refuse_longer
    }

    /// Whether a compressed body goes out unsearched.
    #[must_use]
    pub fn passes_encoded(&self) -> bool {
        self.0.rules.pass_encoded
    }

    /// The name of a secret that stands in `text`, in any of the forms that are looked for.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Option<&str> {
        self.secret(self.0.search.find(text)?)
    }

    /// The name of a secret that stands in the name or the value of a header or trailer.
    #[must_use]
    pub fn find_in_headers(&self, headers: &HeaderMap) -> Option<&str> {
        let search = &self.0.search;
        let names = headers.keys().find_map(|name| search.find_in_name(name.as_str()));
        let values = || headers.values().find_map(|value| search.find(value.as_bytes()));
        self.secret(names.or_else(values)?)
    }

    fn secret(&self, place: usize) -> Option<&str> {
        self.0.secrets.get(place).map(|name| &**name)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.0.name)
            .field("secrets", &self.0.secrets)
            .field("rules", &self.0.rules)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Policy`].
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    secrets: Vec<Named>,
    rules: Rules,
}

impl PolicyBuilder {
    /// Keeps this secret inside. Events tell of it by `name`, such as that of its variable.
    pub fn secret(mut self, name: impl Into<Box<str>>, secret: &Secret) -> Self {
        self.secrets.push(Named::new(name, secret));
        self
    }

    /// Keeps these secrets inside, such as `Loaded::server_only()` lists them.
    pub fn secrets<'a, N: Into<Box<str>>>(
        self,
        secrets: impl IntoIterator<Item = (N, &'a Secret)>,
    ) -> Self {
        secrets.into_iter().fold(self, |builder, (name, secret)| builder.secret(name, secret))
    }

    /// Searches bodies up to so many bytes: 1 MiB unless said otherwise. A response is held until
    /// its body is there, and takes so much memory.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.rules.body_limit = bytes;
        self
    }

    /// Refuses bodies past the limit; otherwise they go out unsearched.
    pub const fn refuse_longer(mut self) -> Self {
        self.rules.refuse_longer = true;
        self
    }

    /// Says what becomes of bodies that do not tell their length.
    pub const fn streams(mut self, streams: Streams) -> Self {
        self.rules.streams = streams;
        self
    }

    /// Lets compressed bodies (`Content-Encoding`) out unsearched. Better is to compress outside.
    pub const fn dangerously_pass_encoded(mut self) -> Self {
        self.rules.pass_encoded = true;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// Every fault at once; see [`ConfigError`].
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let Self { name, secrets, rules } = self;
        let mut faults = Faults::new();
        let name = faults.take(name.map_err(ConfigError::from));
        match secrets.len() {
            0 => faults.push(ConfigError::NoSecrets),
            given if given > Policy::MAX_SECRETS => {
                faults.push(ConfigError::TooManySecrets { given });
            }
            _ => {}
        }
        for (place, named) in secrets.iter().enumerate() {
            if !named.may_be_told() {
                faults.push(ConfigError::SecretName { place });
            } else if named.secret.len() < SHORTEST {
                let (name, length) = (named.name.clone(), named.secret.len());
                faults.push(ConfigError::SecretTooShort { name, length });
            }
        }
        if rules.body_limit == 0 {
            faults.push(ConfigError::BodyLimitZero);
        }
        faults.finish()?;
        // It is there, or its absence was a fault.
        let Some(name) = name else { return Err(ConfigError::NoSecrets.into()) };
        let search = Search::new(secrets.iter().map(|named| named.secret.expose()));
        let secrets = secrets.into_iter().map(|named| named.name).collect();
        Ok(Policy(Arc::new(Checked { name, secrets, search, rules })))
    }
}
