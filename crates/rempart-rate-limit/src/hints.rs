//! What an operator is told once, since it limits nobody, or everybody twice, and nothing fails.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rempart_core::PolicyName;
use tracing::{Level, event};

/// How many limiters a process has made: by one for each request, nobody is ever limited.
#[derive(Debug)]
pub(crate) struct Made(AtomicU32);

/// Of this process.
pub(crate) static MADE: Made = Made::new();

impl Made {
    /// More than a service has classes of routes.
    const MANY: u32 = 1_000;

    const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Counts one more; tells when they have become many.
    pub(crate) fn one_more(&self, policy: PolicyName) {
        if self.0.fetch_add(1, Ordering::Relaxed) == Self::MANY {
            event!(
                target: "rempart",
                Level::WARN,
                event.name = "rate_limit.many_limiters",
                policy = policy.as_str(),
                remedy = "make a layer or a limiter once, and clone it: each that is made anew has \
                          forgotten everybody",
                "a thousand limiters were made by this process; this is said once",
            );
        }
    }
}

/// Whether it has been said that a policy seems to count one request twice.
#[derive(Debug, Default)]
pub(crate) struct Twice(AtomicBool);

impl Twice {
    /// Tells of it, if that was not said before.
    #[cold]
    pub(crate) fn tell(&self, fields: &str) {
        if !self.0.swap(true, Ordering::Relaxed) {
            event!(
                target: "rempart",
                Level::WARN,
                event.name = "rate_limit.counted_twice",
                fields,
                remedy = "if it is the same layer, apply it once: to the router or to its routes; if \
                          it is another, give its policy a name of its own",
                "a layer inside, or a service behind it, has told of limits of the same names; \
                 this is said once",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use rempart_testing::Capture;

    use super::*;

    #[test]
    fn many_limiters_are_told_of_once() {
        let (made, capture) = (Made::new(), Capture::default());
        let Ok(policy) = PolicyName::new("api") else { panic!("a name") };
        let lines = || capture.text().lines().filter(|line| line.contains("many_limiters")).count();
        capture.within(|| (0..1_000).for_each(|_| made.one_more(policy)));
        assert_eq!(lines(), 0);
        capture.within(|| (0..3_000).for_each(|_| made.one_more(policy)));
        assert_eq!(lines(), 1);
        assert!(capture.text().contains("WARN") && capture.text().contains("api"));
    }
}
