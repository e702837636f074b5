use std::time::Duration;

use super::draft::Draft;
use super::{Enforce, Hatch, Policy};
use crate::ConfigErrors;
use crate::list::List;

/// A policy as plain data, as a configuration file holds it.
///
/// It can say anything, and [`build`](Self::build) refuses what the builders refuse, with the same
/// faults. Without credentials a list may be everything: `origins: ["*"]`, and likewise `methods`,
/// `request_headers` (beside which `authorization` is still to be named) and `expose_headers`; what
/// else stands beside a star is a fault. With credentials a star is one itself.
///
/// With the feature `serde` it is read and written, and so is [`Policy`] itself by way of it; what is
/// not a field is an error.
///
/// ```
/// use rempart_cors::{Policy, PolicyConfig};
///
/// let config = PolicyConfig {
///     name: "api".to_owned(),
///     credentials: true,
///     origins: vec!["https://app.example.com".to_owned()],
///     max_age: Some(600),
///     ..PolicyConfig::default()
/// };
/// let policy = config.clone().build()?;
/// assert_eq!(policy.to_config(), config);
/// # Ok::<_, rempart_cors::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct PolicyConfig {
    /// The name that events carry.
    pub name: String,
    /// Whether pages may use the user's credentials.
    pub credentials: bool,
    /// See [`PolicyBuilder::origins`](crate::PolicyBuilder::origins).
    pub origins: Vec<String>,
    /// See [`PolicyBuilder::custom_schemes`](crate::PolicyBuilder::custom_schemes).
    pub custom_schemes: Vec<String>,
    /// See [`PolicyBuilder::own_origins`](crate::PolicyBuilder::own_origins).
    pub own_origins: Vec<String>,
    /// See [`PolicyBuilder::own_hosts`](crate::PolicyBuilder::own_hosts).
    pub own_hosts: Vec<String>,
    /// See [`PolicyBuilder::methods`](crate::PolicyBuilder::methods).
    pub methods: Vec<String>,
    /// See [`PolicyBuilder::request_headers`](crate::PolicyBuilder::request_headers).
    pub request_headers: Vec<String>,
    /// See [`PolicyBuilder::expose_headers`](crate::PolicyBuilder::expose_headers).
    pub expose_headers: Vec<String>,
    /// See [`PolicyBuilder::max_age`](crate::PolicyBuilder::max_age); in seconds.
    pub max_age: Option<u64>,
    /// See [`PolicyBuilder::share_timing`](crate::PolicyBuilder::share_timing).
    pub share_timing: bool,
    /// See [`PolicyBuilder::enforce`](crate::PolicyBuilder::enforce).
    pub enforce: Option<Enforce>,
    /// The safeguards that it goes without.
    pub dangerously: Vec<Hatch>,
}

impl PolicyConfig {
    /// Checks the policy and renders every header value once.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`]: every fault, in the order of the fields.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let credentials = self.credentials;
        let starred = |texts| if credentials { List::from(texts) } else { List::with_star(texts) };
        let draft = Draft {
            name: self.name,
            origins: starred(self.origins),
            custom_schemes: self.custom_schemes.into(),
            own_origins: self.own_origins.into(),
            own_hosts: self.own_hosts.into(),
            methods: starred(self.methods),
            request_headers: starred(self.request_headers),
            expose_headers: starred(self.expose_headers),
            max_age: self.max_age.map(Duration::from_secs),
            timing: self.share_timing,
            enforce: self.enforce,
            hatches: self.dangerously,
        };
        draft.check(credentials)
    }
}

impl Policy {
    /// The policy as plain data: lists sorted, and without what was said in vain, as a safelisted
    /// method. Built again, it is the same policy.
    #[must_use]
    pub fn to_config(&self) -> PolicyConfig {
        let rules = &*self.0;
        let mut origins: Vec<String> = self.origins().map(str::to_owned).collect();
        if rules.any_origin {
            origins.push("*".to_owned());
        }
        let mut own_origins: Vec<String> = self.own_origins().map(str::to_owned).collect();
        origins.sort_unstable();
        own_origins.sort_unstable();
        PolicyConfig {
            name: rules.name.as_str().to_owned(),
            credentials: rules.credentials,
            origins,
            custom_schemes: rules.custom_schemes.to_vec(),
            own_origins,
            own_hosts: rules.own_hosts.to_vec(),
            methods: listed(rules.methods.rendered.as_ref()),
            request_headers: listed(rules.request_headers.rendered.as_ref()),
            expose_headers: listed(rules.exposed.as_ref()),
            max_age: rules.max_age.map(|age| age.as_secs()),
            share_timing: rules.timing,
            enforce: rules.enforced.as_ref().map(|enforced| enforced.scope),
            dangerously: rules.hatches.to_vec(),
        }
    }
}

/// The entries of a rendered list.
fn listed(rendered: Option<&http::HeaderValue>) -> Vec<String> {
    let text = rendered.and_then(|value| value.to_str().ok());
    let mut names: Vec<String> =
        text.into_iter().flat_map(|text| text.split(", ")).map(str::to_owned).collect();
    names.sort_unstable();
    names
}

#[cfg(feature = "serde")]
impl serde::Serialize for Policy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_config().serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Policy {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let config = PolicyConfig::deserialize(deserializer)?;
        config.build().map_err(serde::de::Error::custom)
    }
}
