use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::ORIGIN;
use http::{HeaderMap, Method};

use crate::{Policy, Rejection};

/// A switch that lets a browser say why it was refused; off, until it is [set](Self::set).
///
/// A refused preflight is a bare 403, and all that a browser's console then says is that a check
/// failed. While the switch is on, it is a 204 with the headers of the steps that it passed, so that
/// the browser names the one that it did not: the origin, the method or the header. A stranger is
/// told no more than before. The log has the `Origin` beside the reason, at the level `DEBUG`.
///
/// Clones share the switch, and requests find it changed from the next on.
///
/// ```
/// use rempart_cors::{CorsLayer, DebugSwitch, Policy};
///
/// let policy = Policy::credentialed("api").origins(["https://app.example.com"]).build()?;
/// let debug = DebugSwitch::default();
/// let layer = CorsLayer::new(policy).debug(debug.clone());
/// debug.set(true);
/// # Ok::<_, rempart_cors::ConfigErrors>(())
/// ```
///
/// # Security
///
/// No decision changes with it. It is for development all the same: what strangers send is logged.
#[derive(Clone, Debug, Default)]
pub struct DebugSwitch(Arc<AtomicBool>);

impl DebugSwitch {
    /// Switches it on or off.
    pub fn set(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
    }

    /// Whether it is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Logs what a refused request said of itself.
pub(crate) fn explain(policy: &Policy, why: Rejection, method: &Method, headers: &HeaderMap) {
    let origin = headers.get(ORIGIN).map_or(&b""[..], |origin| origin.as_bytes());
    tracing::debug!(
        target: "rempart",
        policy = policy.name().as_str(),
        method = %Shown(method.as_str().as_bytes()),
        origin = %Shown(origin),
        "CORS: {why}"
    );
}

/// The beginning of what a stranger sent, with nothing in it that could end a line of a log.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 128;
        let (shown, cut) = self.0.split_at_checked(LONGEST).unwrap_or((self.0, &[]));
        let dots = if cut.is_empty() { "" } else { "..." };
        write!(f, "{}{dots}", shown.escape_ascii())
    }
}
