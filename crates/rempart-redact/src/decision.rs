use crate::Policy;
use crate::key_rules::normalise;

/// What becomes of a value, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is hidden, whatever it is.
    Hide,
    /// It is searched, and shown but for what is found.
    Search,
}

/// Decides by the name of a field, a parameter or a member.
///
/// ```
/// use rempart_redact::{Decision, Policy, decide};
///
/// # fn main() -> Result<(), rempart_redact::ConfigErrors> {
/// let policy = Policy::builder("logs").build()?;
/// assert_eq!(decide(&policy, "clientSecret"), Decision::Hide);
/// assert_eq!(decide(&policy, "token_count"), Decision::Search);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn decide(policy: &Policy, name: &str) -> Decision {
    if policy.engine().key_rules().hides(&normalise(name)) {
        Decision::Hide
    } else {
        Decision::Search
    }
}
