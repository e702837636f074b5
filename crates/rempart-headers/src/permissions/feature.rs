use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Names a power of the browser that a page can do without.
///
/// Text is taken if it names one of the features of the [Permissions Policy registry] as of
/// June 2026; another is said on purpose, by [`custom`](Self::custom).
///
/// ```
/// use rempart_headers::Feature;
///
/// assert_eq!("camera".parse::<Feature>()?.as_str(), "camera");
/// assert!("camra".parse::<Feature>().is_err());
/// # Ok::<(), rempart_headers::FeatureError>(())
/// ```
///
/// [Permissions Policy registry]: https://github.com/w3c/webappsec-permissions-policy/blob/main/features.md
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feature(Cow<'static, str>);

impl Feature {
    /// A feature that is not in the list, such as one on trial.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Invalid`] if it is no key of a structured dictionary, or longer than 64
    /// bytes.
    pub fn custom(name: &str) -> Result<Self, FeatureError> {
        let in_name = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
        let fine = name.len() <= 64
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(in_name);
        if fine {
            Ok(Self(Cow::Owned(name.to_owned())))
        } else {
            Err(FeatureError::Invalid { name: crate::csp::quoted(name) })
        }
    }

    /// The name as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Feature {
    type Err = FeatureError;

    fn from_str(name: &str) -> Result<Self, FeatureError> {
        let known = KNOWN.into_iter().find(|known| *known == name);
        let unknown = || FeatureError::Unknown { name: crate::csp::quoted(name) };
        known.map(|known| Self(Cow::Borrowed(known))).ok_or_else(unknown)
    }
}

impl TryFrom<&str> for Feature {
    type Error = FeatureError;

    fn try_from(name: &str) -> Result<Self, FeatureError> {
        name.parse()
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a text is no feature.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureError {
    /// No header could carry it.
    #[error("{name:?} is no name of a feature")]
    Invalid {
        /// The text.
        name: String,
    },
    /// It is not in the list.
    #[error("{name:?} is no known feature; say it by `Feature::custom` if it is meant")]
    Unknown {
        /// The text.
        name: String,
    },
}

// A feature is one already; its conversion into itself says so.
impl From<Infallible> for FeatureError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The features of the registry: standardised, proposed, and on trial.
const KNOWN: [&str; 71] = [
    "accelerometer",
    "ambient-light-sensor",
    "aria-notify",
    "attribution-reporting",
    "autofill",
    "autoplay",
    "battery",
    "bluetooth",
    "browsing-topics",
    "camera",
    "captured-surface-control",
    "ch-ua",
    "ch-ua-arch",
    "ch-ua-bitness",
    "ch-ua-full-version",
    "ch-ua-full-version-list",
    "ch-ua-high-entropy-values",
    "ch-ua-mobile",
    "ch-ua-model",
    "ch-ua-platform",
    "ch-ua-platform-version",
    "clipboard-read",
    "clipboard-write",
    "compute-pressure",
    "cross-origin-isolated",
    "deferred-fetch",
    "digital-credentials-create",
    "digital-credentials-get",
    "direct-sockets",
    "display-capture",
    "encrypted-media",
    "execution-while-not-rendered",
    "execution-while-out-of-viewport",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "language-detector",
    "language-model",
    "local-fonts",
    "magnetometer",
    "manual-text",
    "mediasession",
    "microphone",
    "midi",
    "navigation-override",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "rewriter",
    "screen-wake-lock",
    "serial",
    "smart-card",
    "speaker-selection",
    "storage-access",
    "summarizer",
    "sync-xhr",
    "tools",
    "translator",
    "unload",
    "usb",
    "web-share",
    "window-management",
    "writer",
    "xr-spatial-tracking",
];
