use std::fmt;
use std::sync::Arc;

use rempart_core::{Faults, NameError, PolicyName};
use rempart_keys::Secret;

use super::{ConfigError, ConfigErrors};
use crate::named::Named;

/// Says which credentials no browser may bear, beside those of Supabase's service role.
///
/// ```
/// use rempart_keys::Secret;
/// use rempart_token::browser::Policy;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let policy = Policy::builder("browser").secret("VAPI_API_KEY", &secret).build()?;
/// assert!(!format!("{policy:?}").contains("made-up"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Policy(Arc<Checked>);

struct Checked {
    name: PolicyName,
    secrets: Box<[Named]>,
}

impl Policy {
    /// The most secrets that a credential is compared with.
    pub const MAX_SECRETS: usize = 64;

    /// Starts a policy of this name: `[a-z0-9-]`, 1 to 32 bytes.
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder { name: PolicyName::new(name), secrets: Vec::new() }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.0.name
    }

    /// The name of the secret that is this credential, byte by byte. Every one is compared, in
    /// constant time.
    pub(super) fn secret(&self, credential: &[u8]) -> Option<&str> {
        self.0.secrets.iter().fold(None, |found, named| {
            if named.secret.ct_eq(credential) { Some(&*named.name) } else { found }
        })
    }
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.secrets.iter().map(|named| &named.name).collect();
        f.debug_struct("Checked").field("name", &self.name).field("secrets", &names).finish()
    }
}

/// Builds a [`Policy`].
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    secrets: Vec<Named>,
}

impl PolicyBuilder {
    /// Refuses this secret too. Events tell of it by `name`, such as that of its variable.
    pub fn secret(mut self, name: impl Into<Box<str>>, secret: &Secret) -> Self {
        self.secrets.push(Named::new(name, secret));
        self
    }

    /// Refuses these secrets too, such as `Loaded::server_only()` lists them.
    pub fn secrets<'a, N: Into<Box<str>>>(
        self,
        secrets: impl IntoIterator<Item = (N, &'a Secret)>,
    ) -> Self {
        secrets.into_iter().fold(self, |builder, (name, secret)| builder.secret(name, secret))
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// Every fault at once; see [`ConfigError`].
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let Self { name, secrets } = self;
        let mut faults = Faults::new();
        let name = faults.take(name.map_err(ConfigError::from));
        if secrets.len() > Policy::MAX_SECRETS {
            faults.push(ConfigError::TooManySecrets { given: secrets.len() });
        }
        for (place, named) in secrets.iter().enumerate() {
            if !named.may_be_told() {
                faults.push(ConfigError::SecretName { place });
            }
        }
        faults.finish()?;
        // It is there, or its absence was a fault.
        let Some(name) = name else { return Err(ConfigError::Name(NameError::Empty).into()) };
        Ok(Policy(Arc::new(Checked { name, secrets: secrets.into() })))
    }
}
