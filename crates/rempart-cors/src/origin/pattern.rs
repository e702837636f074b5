use std::str::FromStr;

use super::{MAX_LEN, Origin, OriginError, host};

/// One entry of a list of origins.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// One origin, compared byte by byte.
    Exact(Origin),
    /// One of a scheme that is not the web's, as the pages of an app in a web view have.
    Custom {
        text: Box<str>,
        /// The same under https, for what follows the scheme.
        base: Origin,
    },
    /// All of a kind.
    Pattern(Pattern),
}

/// Every subdomain of a host (`https://*.example.com`), every port of it (`http://localhost:*`), or
/// both.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(super) text: Box<str>,
    /// The origin without its stars.
    pub(super) base: Origin,
    pub(super) subdomains: bool,
    pub(super) ports: Ports,
}

/// Which ports a pattern has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ports {
    Any,
    /// `None` is the scheme's own.
    One(Option<u16>),
}

impl Entry {
    /// Reads an entry; `schemes` are those that were named beside the web's.
    pub(crate) fn parse(text: &str, schemes: &[&str]) -> Result<Self, OriginError> {
        match text.split_once("://") {
            Some((scheme, rest)) if schemes.contains(&scheme) => {
                Ok(Self::Custom { base: under_https(rest)?, text: text.into() })
            }
            _ => text.parse(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Exact(origin) => origin.as_str(),
            Self::Custom { text, .. } => text,
            Self::Pattern(pattern) => &pattern.text,
        }
    }

    /// The origin, without the stars of a pattern.
    pub(crate) const fn base(&self) -> &Origin {
        match self {
            Self::Exact(base) | Self::Custom { base, .. } => base,
            Self::Pattern(pattern) => &pattern.base,
        }
    }

    pub(crate) const fn has_subdomains(&self) -> bool {
        matches!(self, Self::Pattern(pattern) if pattern.subdomains)
    }

    pub(super) const fn ports(&self) -> Ports {
        match self {
            Self::Exact(base) | Self::Custom { base, .. } => Ports::One(base.parts.port),
            Self::Pattern(pattern) => pattern.ports,
        }
    }
}

impl Pattern {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) const fn has_any_port(&self) -> bool {
        matches!(self.ports, Ports::Any)
    }
}

impl Ports {
    /// Whether all of the others are among these.
    pub(super) fn include(self, others: Self) -> bool {
        self == Self::Any || self == others
    }
}

impl FromStr for Entry {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return text.parse().map(Self::Exact);
        };
        let (rest, any_port) = without(rest, rest.strip_suffix(":*"));
        let (rest, subdomains) = without(rest, rest.strip_prefix("*."));
        if !any_port && !subdomains {
            return text.parse().map(Self::Exact);
        }
        if text.len() > MAX_LEN {
            return Err(OriginError::TooLong);
        }
        let base: Origin = format!("{scheme}://{rest}").parse()?;
        let ports = match (any_port, base.parts.port) {
            (true, Some(_)) => return Err(OriginError::Port),
            (true, None) => Ports::Any,
            (false, port) => Ports::One(port),
        };
        if subdomains && host::is_address(base.host()) {
            return Err(OriginError::WildcardAddress);
        }
        // A label and a dot have to fit in front.
        if subdomains && base.host().len().saturating_add(2) > host::MAX_LEN {
            return Err(OriginError::HostTooLong);
        }
        Ok(Self::Pattern(Pattern { text: text.into(), base, subdomains, ports }))
    }
}

/// Reads what follows a scheme of which no port is the default, so that it is always written.
fn under_https(rest: &str) -> Result<Origin, OriginError> {
    match (Origin::https(rest), rest.strip_suffix(":443")) {
        (Err(OriginError::DefaultPort), Some(host)) => Origin::https(host),
        (read, _) => read,
    }
}

/// What is left of a text, and whether there was something to take.
fn without<'t>(text: &'t str, stripped: Option<&'t str>) -> (&'t str, bool) {
    (stripped.unwrap_or(text), stripped.is_some())
}
