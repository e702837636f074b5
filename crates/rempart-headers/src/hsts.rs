use std::fmt;
use std::time::Duration;

/// How long, and how widely, browsers insist on TLS: `Strict-Transport-Security`
/// ([RFC 6797 §6.1]).
///
/// Preloading without subdomains, which the preload list refuses, cannot be said.
///
/// ```
/// use std::time::Duration;
/// use rempart_headers::Hsts;
///
/// let week = Hsts::host(Duration::from_secs(7 * 24 * 60 * 60));
/// assert_eq!(week.to_string(), "max-age=604800");
/// assert_eq!(Hsts::preload(Hsts::TWO_YEARS).to_string(), "max-age=63072000; includeSubDomains; preload");
/// ```
///
/// [RFC 6797 §6.1]: https://www.rfc-editor.org/rfc/rfc6797#section-6.1
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hsts {
    max_age: Duration,
    scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scope {
    Host,
    Preload,
    Subdomains,
}

impl Hsts {
    /// Two years, what the presets say.
    pub const TWO_YEARS: Duration = Duration::from_secs(2 * 365 * 24 * 60 * 60);

    /// This host only, for `max_age` in whole seconds; zero makes browsers forget.
    #[must_use]
    pub const fn host(max_age: Duration) -> Self {
        Self { max_age, scope: Scope::Host }
    }

    /// This host and every host below it.
    #[must_use]
    pub const fn subdomains(max_age: Duration) -> Self {
        Self { max_age, scope: Scope::Subdomains }
    }

    /// As [`subdomains`](Self::subdomains), and agreeing to be built into browsers, which is hard
    /// to undo. A policy with less than a year is not built: the preload list refuses it.
    #[must_use]
    pub const fn preload(max_age: Duration) -> Self {
        Self { max_age, scope: Scope::Preload }
    }

    /// The seconds, if they are too few to be preloaded with.
    pub(crate) const fn too_short_to_preload(self) -> Option<u64> {
        let seconds = self.max_age.as_secs();
        if matches!(self.scope, Scope::Preload) && seconds < YEAR { Some(seconds) } else { None }
    }
}

impl fmt::Display for Hsts {
    /// The value of the header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match self.scope {
            Scope::Host => "",
            Scope::Preload => "; includeSubDomains; preload",
            Scope::Subdomains => "; includeSubDomains",
        };
        write!(f, "max-age={}{scope}", self.max_age.as_secs())
    }
}

/// In seconds; the least that the preload list takes.
const YEAR: u64 = 365 * 24 * 60 * 60;
