//! Policies for what most services have: each a builder, to be altered.

use super::{Policy, PolicyBuilder};
use crate::{BanRule, By, Counting, IntoQuota, Limit, WhenFull};

impl Policy {
    /// For what answers passwords and codes: a client has so many wrong ones in *any* window, its
    /// line so many in the long run, and who goes on is banned.
    ///
    /// | limit | of whom | |
    /// |---|---|---|
    /// | `guesses` | each client | the first quota, of failures, as a [strict window](Limit::strict_window) |
    /// | `line` | each IPv4 address, each /56 of IPv6 | the second quota, of failures: who has such a line has 256 networks |
    /// | a ban | each client | after 20 refusals by `guesses` in a minute, for 5 minutes, doubling up to a day |
    ///
    /// Whoever shares an address with one who guesses (an office, a carrier's NAT) is refused with
    /// that one, which only a verified identity could mend. The quota of an account is left to the
    /// service, which alone knows it. **Join it with the client**, or whoever knows a name locks
    /// its owner out:
    ///
    /// ```
    /// use rempart_rate_limit::{By, Counting, Limit, Policy};
    ///
    /// /// The account that somebody wants into, put there by the layer that has read the form.
    /// #[derive(Clone, Hash)]
    /// struct Account(String);
    ///
    /// let by = By::client().and(&By::extension::<Account>());
    /// let account = Limit::new("account", "10 per hour").by(by).counting(Counting::Failures);
    /// let policy = Policy::login("login", "5 per minute", "100 per hour").limit(account).build()?;
    /// assert_eq!(policy.limits().count(), 3);
    /// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
    /// ```
    pub fn login(name: &str, guesses: impl IntoQuota, line: impl IntoQuota) -> PolicyBuilder {
        let line = Limit::new("line", line).by(By::network(32, 56));
        Self::builder(name)
            .limit(Limit::strict_window("guesses", guesses).counting(Counting::Failures))
            .limit(line.counting(Counting::Failures))
            .bans(BanRule::OF_GUESSING)
            .when_full(WhenFull::Strict)
    }

    /// For what takes in webhooks: so many from each address that sends them, so many from all, and
    /// few whose signature is wrong.
    ///
    /// | limit | of whom | |
    /// |---|---|---|
    /// | `source` | each client | the first quota |
    /// | `all` | everyone | the second quota: what the service can bear |
    /// | `forged` | each client | 10 failures in any minute: outside of what verifies signatures, a 401 is one |
    ///
    /// A sender that comes from few addresses has a larger first quota than one of a browser would
    /// be.
    ///
    /// ```
    /// use rempart_rate_limit::Policy;
    ///
    /// let policy = Policy::webhook("webhook", "60 per minute", "600 per minute").build()?;
    /// assert_eq!(policy.limits().count(), 3);
    /// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
    /// ```
    pub fn webhook(name: &str, source: impl IntoQuota, all: impl IntoQuota) -> PolicyBuilder {
        Self::builder(name)
            .limit(Limit::new("source", source))
            .limit(Limit::new("all", all).by(By::everyone()))
            .limit(Limit::strict_window("forged", "10 per minute").counting(Counting::Failures))
            .when_full(WhenFull::Strict)
    }

    /// For an interface that anybody may use: so often in a burst, so often in the long run.
    ///
    /// | limit | of whom | |
    /// |---|---|---|
    /// | `burst` | each client | the first quota |
    /// | `long` | each client | the second quota |
    ///
    /// ```
    /// use rempart_rate_limit::Policy;
    ///
    /// let policy = Policy::public_api("api", "10 per second burst 20", "10000 per day").build()?;
    /// assert_eq!(policy.limits().count(), 2);
    /// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
    /// ```
    pub fn public_api(name: &str, burst: impl IntoQuota, long: impl IntoQuota) -> PolicyBuilder {
        Self::builder(name)
            .limit(Limit::new("burst", burst))
            .limit(Limit::new("long", long))
            .when_full(WhenFull::Available)
    }
}
