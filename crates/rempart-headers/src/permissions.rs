//! `Permissions-Policy`: which powers of the browser a page and its frames may use.

mod feature;

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

pub use self::feature::{Feature, FeatureError};
use crate::csp::quoted;
use crate::{HostSource, SourceError};

/// Powers of the browser, each with who may use it: `Permissions-Policy` ([Permissions Policy]).
///
/// ```
/// use rempart_headers::{Allow, PermissionsPolicy};
///
/// let permissions = PermissionsPolicy::new()
///     .deny(["camera", "microphone"])
///     .set("geolocation", Allow::SelfOrigin)
///     .set("payment", Allow::origins(["https://pay.example"]));
/// assert_eq!(
///     permissions.to_string(),
///     "camera=(), geolocation=(self), microphone=(), payment=(\"https://pay.example\")",
/// );
/// ```
///
/// What is wrong with it, [`PolicyBuilder::build`](crate::PolicyBuilder::build) says.
///
/// [Permissions Policy]: https://www.w3.org/TR/permissions-policy/
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct PermissionsPolicy {
    features: BTreeMap<Feature, Allow>,
    faults: Vec<PermissionsError>,
}

/// Who may use a power of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allow {
    /// Everybody: the page and every frame in it.
    All,
    /// Nobody, not even the page.
    None,
    /// These origins, and the page itself if `with_self`.
    Origins {
        /// The origins, as given.
        origins: Vec<String>,
        /// Whether the page itself may.
        with_self: bool,
    },
    /// The page, and frames of its own origin.
    SelfOrigin,
}

impl Allow {
    /// Frames of these origins, which may begin with `https://*.`; the page itself not.
    pub fn origins<S: Into<String>>(origins: impl IntoIterator<Item = S>) -> Self {
        let origins = origins.into_iter().map(Into::into).collect();
        Self::Origins { origins, with_self: false }
    }

    /// The page, and frames of these origins.
    pub fn self_and<S: Into<String>>(origins: impl IntoIterator<Item = S>) -> Self {
        let origins = origins.into_iter().map(Into::into).collect();
        Self::Origins { origins, with_self: true }
    }
}

impl PermissionsPolicy {
    /// Starts with nothing said: browsers' own defaults.
    pub const fn new() -> Self {
        Self { features: BTreeMap::new(), faults: Vec::new() }
    }

    /// Denies the powers that reach out of the page: sensors, cameras, devices, location, payment.
    pub fn deny_powerful() -> Self {
        Self::new().deny(POWERFUL)
    }

    /// Says who may use a power. Saying it again replaces it.
    pub fn set<F>(mut self, feature: F, allow: Allow) -> Self
    where
        F: TryInto<Feature>,
        F::Error: Into<FeatureError>,
    {
        match feature.try_into() {
            Ok(feature) => {
                self.features.insert(feature, allow);
            }
            Err(fault) => self.faults.push(PermissionsError::Feature(fault.into())),
        }
        self
    }

    /// Denies these powers to everybody.
    pub fn deny<F>(self, features: impl IntoIterator<Item = F>) -> Self
    where
        F: TryInto<Feature>,
        F::Error: Into<FeatureError>,
    {
        features.into_iter().fold(self, |policy, feature| policy.set(feature, Allow::None))
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// What is wrong with it.
    pub(crate) fn faults(&self) -> impl Iterator<Item = PermissionsError> {
        let origins = self.features.iter().filter_map(|(feature, allow)| match allow {
            Allow::Origins { origins, .. } => Some((feature, origins)),
            Allow::All | Allow::None | Allow::SelfOrigin => None,
        });
        let origins = origins.flat_map(|(feature, origins)| {
            origins.iter().filter_map(move |origin| wrong_origin(feature, origin))
        });
        self.faults.iter().cloned().chain(origins)
    }
}

fn wrong_origin(feature: &Feature, origin: &str) -> Option<PermissionsError> {
    let quoted = || (feature.clone(), quoted(origin));
    match origin.parse::<HostSource>() {
        Ok(host) if host.is_origin() => None,
        Ok(_) => {
            let (feature, origin) = quoted();
            Some(PermissionsError::NotAnOrigin { feature, origin })
        }
        Err(fault) => {
            let (feature, origin) = quoted();
            Some(PermissionsError::Origin { feature, origin, fault })
        }
    }
}

impl fmt::Display for PermissionsPolicy {
    /// The value of the header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (feature, allow)) in self.features.iter().enumerate() {
            let separator = if nth == 0 { "" } else { ", " };
            write!(f, "{separator}{feature}={allow}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Allow {
    /// An item or a list of a structured dictionary ([RFC 9651 §3.2]).
    ///
    /// [RFC 9651 §3.2]: https://www.rfc-editor.org/rfc/rfc9651#section-3.2
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::None => f.write_str("()"),
            Self::Origins { origins, with_self } => {
                f.write_str(if *with_self { "(self" } else { "(" })?;
                for (nth, origin) in origins.iter().enumerate() {
                    let separator = if nth == 0 && !with_self { "" } else { " " };
                    write!(f, "{separator}\"{origin}\"")?;
                }
                f.write_str(")")
            }
            Self::SelfOrigin => f.write_str("(self)"),
        }
    }
}

/// One fault of a permissions policy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PermissionsError {
    /// The text is no feature.
    #[error(transparent)]
    Feature(FeatureError),
    /// It is a host, but no origin: a scheme, a host, perhaps a port, and nothing more.
    #[error("`{feature}`: {origin:?} is no origin: scheme, host, perhaps a port, no path")]
    NotAnOrigin {
        /// The feature.
        feature: Feature,
        /// The text.
        origin: String,
    },
    /// The text is no origin.
    #[error("`{feature}`: {origin:?} is no origin: {fault}")]
    Origin {
        /// The feature.
        feature: Feature,
        /// The text.
        origin: String,
        /// Why it is none.
        fault: SourceError,
    },
}

const POWERFUL: [&str; 16] = [
    "accelerometer",
    "bluetooth",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
    "xr-spatial-tracking",
];
