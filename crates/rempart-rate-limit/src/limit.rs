//! One limit of a policy.

mod checked;
mod rule;
mod tier;

use http::{Extensions, HeaderMap, StatusCode};
use rempart_core::{NameError, PolicyName};

pub(crate) use self::checked::Checked;
pub use self::rule::{IntoQuota, Rule};
use self::rule::{concurrency, gcra, window};
use self::tier::Tier;
pub(crate) use self::tier::Tiers;
use crate::{By, ConfigError, Counting, InFlight, Store, WhenFull};

/// One of the limits that a [`Policy`](crate::Policy) decides on together: how often, for whom.
///
/// ```
/// use rempart_rate_limit::{By, Limit, Policy};
///
/// let policy = Policy::builder("login")
///     .limit(Limit::new("guesses", "5 per minute"))
///     .limit(Limit::new("network", "50 per minute").by(By::network(24, 48)))
///     .build()?;
/// assert_eq!(policy.limits().count(), 2);
/// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
/// ```
///
/// What is wrong with it, [`PolicyBuilder::build`](crate::PolicyBuilder::build) reports.
#[derive(Clone, Debug)]
#[must_use = "a limit does nothing outside of a policy"]
pub struct Limit {
    name: Result<PolicyName, NameError>,
    /// It has the policy's name.
    is_own: bool,
    rule: Result<Rule, ConfigError>,
    tiers: Vec<Tier<Result<Rule, ConfigError>>>,
    by: Option<By>,
    when_full: Option<WhenFull>,
    capacity: usize,
    counting: Counting,
    forgives_disconnects: bool,
    cost: Option<CostOf>,
    settles: Option<SettleOf>,
    overdraft: u32,
    on_trial: bool,
}

/// What a request costs, by its headers and extensions.
pub(crate) type CostOf = fn(&HeaderMap, &Extensions) -> u32;

/// What a request has cost, by the head of its response; `None` if that says nothing.
pub(crate) type SettleOf = fn(StatusCode, &HeaderMap, &Extensions) -> Option<u32>;

impl Limit {
    /// Limits each client to this quota, by the generic cell rate algorithm. Clients see the name,
    /// `[a-z0-9-]` and 1 to 32 bytes, in the headers.
    pub fn new(name: &str, quota: impl IntoQuota) -> Self {
        Self::counted(PolicyName::new(name), gcra(quota))
    }

    /// Limits each client to this quota in *any* window of its period, wherever it begins: of
    /// `10 per minute` there are never eleven in sixty seconds ([`StrictWindow`]). At most
    /// [`StrictWindow::MAX_LIMIT`] in a period, and no burst.
    ///
    /// [`StrictWindow`]: crate::StrictWindow
    /// [`StrictWindow::MAX_LIMIT`]: crate::StrictWindow::MAX_LIMIT
    pub fn strict_window(name: &str, quota: impl IntoQuota) -> Self {
        let limit = Self::counted(PolicyName::new(name), window(quota));
        Self { capacity: DEFAULT_LOGS, ..limit }
    }

    /// Limits how many requests of each client are being served at once, from the decision until
    /// the body of the response ends. One that comes too much is told to come back in a second:
    /// nobody knows when another one ends. A connection that is upgraded is in flight no more, and
    /// [`counting`](Self::counting) changes nothing: there is no charge that stays.
    pub fn concurrency(name: &str, most: u32) -> Self {
        let limit = Self::counted(PolicyName::new(name), concurrency(most));
        Self { capacity: InFlight::DEFAULT_CAPACITY, ..limit }
    }

    /// The limit of the policy's own name.
    pub(crate) fn own(name: Result<PolicyName, NameError>, quota: impl IntoQuota) -> Self {
        Self { is_own: true, ..Self::counted(name, gcra(quota)) }
    }

    fn counted(name: Result<PolicyName, NameError>, rule: Result<Rule, ConfigError>) -> Self {
        Self {
            name,
            is_own: false,
            rule,
            tiers: Vec::new(),
            by: None,
            when_full: None,
            capacity: Store::DEFAULT_CAPACITY,
            counting: Counting::default(),
            forgives_disconnects: false,
            cost: None,
            settles: None,
            overdraft: 0,
            on_trial: false,
        }
    }

    /// Says whose requests are counted together, in place of what the policy says.
    pub fn by(mut self, by: By) -> Self {
        self.by = Some(by);
        self
    }

    /// Gives another quota to the requests in whose extensions a layer outside has put this value,
    /// the first that is there of several tiers: to who pays for more. It counts as the limit does,
    /// and in the same table: who changes the tier keeps the debt. A limit has at most sixteen.
    ///
    /// ```
    /// use rempart_rate_limit::{By, Limit, Policy};
    ///
    /// /// What an authentication layer outside has found out.
    /// #[derive(Clone, Hash)]
    /// struct Tenant(u64);
    ///
    /// #[derive(Clone, PartialEq)]
    /// enum Plan {
    ///     Pro,
    ///     Enterprise,
    /// }
    ///
    /// let calls = Limit::new("calls", "100 per minute")
    ///     .by(By::extension::<Tenant>())
    ///     .tier(Plan::Pro, "1000 per minute")
    ///     .tier(Plan::Enterprise, "10000 per minute");
    /// let policy = Policy::builder("api").limit(calls).build()?;
    /// # let _ = policy;
    /// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
    /// ```
    ///
    /// A debt of the generic cell rate algorithm is time: a client that owes a whole minute owes
    /// it in any tier, and the faster quota lets it wait for less until its next request. So give all
    /// tiers one period: who owes an hour by `100 per hour` waits 59 minutes until `1000 per minute`
    /// serves the next request, and nothing less would keep the two from being used in turn, without
    /// end.
    pub fn tier<T>(mut self, of: T, quota: impl IntoQuota) -> Self
    where
        T: PartialEq + Send + Sync + 'static,
    {
        let rule = match self.rule {
            Ok(Rule::StrictWindow(_)) => window(quota),
            _ => gcra(quota),
        };
        self.tiers.push(Tier::new(of, rule));
        self
    }

    /// The same for a limit of [`concurrency`](Self::concurrency): so many requests at once.
    pub fn tier_at_once<T>(mut self, of: T, most: u32) -> Self
    where
        T: PartialEq + Send + Sync + 'static,
    {
        self.tiers.push(Tier::new(of, concurrency(most)));
        self
    }

    /// Says what happens to a newcomer when the table is full, in place of what the policy says.
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = Some(when_full);
        self
    }

    /// Makes room for this many keys at a time: [`Store::DEFAULT_CAPACITY`] unless said, 16,384 of a
    /// strict window or of a limit of concurrency; at most what takes a gigabyte and a half
    /// ([`Store::MAX_CAPACITY`], [`WindowStore::MAX_BYTES`](crate::WindowStore::MAX_BYTES),
    /// [`InFlight::MAX_CAPACITY`]). A policy that replaces another one takes over its tables, as large as they are; where a strict window
    /// then asks for longer logs than such a table may have, it is kept as if it allowed as many as
    /// are remembered ([`Usage::remembered`](crate::Usage::remembered)).
    pub const fn capacity(mut self, keys: usize) -> Self {
        self.capacity = keys;
        self
    }

    /// Counts only the requests whose responses are such; all unless said.
    pub const fn counting(mut self, counting: Counting) -> Self {
        self.counting = counting;
        self
    }

    /// Says what a request costs; one, unless said. One that costs nothing is not counted, and one
    /// that costs more than the limit ever gives is refused for good.
    ///
    /// ```
    /// use rempart_rate_limit::{Limit, Policy};
    ///
    /// /// How many rows a query asks for, put there by the layer that has read it.
    /// #[derive(Clone)]
    /// struct Rows(u32);
    ///
    /// let rows = Limit::new("rows", "10000 per minute")
    ///     .cost(|_, extensions| extensions.get::<Rows>().map_or(1, |rows| rows.0));
    /// let policy = Policy::builder("search").limit(rows).build()?;
    /// # let _ = policy;
    /// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
    /// ```
    ///
    /// # Security
    ///
    /// What a client says of its own cost is a client's word: a cost comes from what has been
    /// checked.
    pub fn cost(mut self, cost: fn(&HeaderMap, &Extensions) -> u32) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Says what a request has cost, when the head of its response is there: what was charged
    /// beyond that is given back, and what it cost beyond what was charged is charged then. `None`
    /// leaves it as it was.
    ///
    /// What is charged before it is the [`cost`](Self::cost), and one at least: who owes a whole
    /// burst is not let in to owe more. What a burst has no room for is charged as far as the
    /// [`overdraft`](Self::overdraft) goes, and a strict window is filled, and no more; the rest is
    /// the client's gain. A request that nobody answers costs what was charged before. That is also
    /// what clients and [handlers](crate::PolicyBuilder::tell_handlers) are told: the fields of a
    /// response say where the client stood without what it has cost beyond that.
    ///
    /// ```
    /// use rempart_rate_limit::{By, Limit, Policy};
    ///
    /// /// What an authentication layer outside has found out.
    /// #[derive(Clone, Hash)]
    /// struct Tenant(u64);
    ///
    /// /// What the handler has put into the extensions of its response.
    /// #[derive(Clone)]
    /// struct TokensUsed(u32);
    ///
    /// let tokens = Limit::new("tokens", "10000 per minute")
    ///     .by(By::extension::<Tenant>())
    ///     .cost(|_, _| 500)
    ///     .settle(|_, _, extensions| extensions.get::<TokensUsed>().map(|used| used.0))
    ///     .overdraft(10_000);
    /// let policy = Policy::builder("models").limit(tokens).build()?;
    /// # let _ = policy;
    /// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
    /// ```
    pub fn settle(
        mut self,
        settle: fn(StatusCode, &HeaderMap, &Extensions) -> Option<u32>,
    ) -> Self {
        self.settles = Some(settle);
        self
    }

    /// Lets a cost that is known only when it is [settled](Self::settle) run up a debt of so many
    /// requests beyond a whole burst; none unless said. Who owes that is served again when it is paid,
    /// and a clock that steps back blocks nobody for longer than that takes. Not of a strict window,
    /// which admits no more than it says, nor of a limit of concurrency.
    pub const fn overdraft(mut self, requests: u32) -> Self {
        self.overdraft = requests;
        self
    }

    /// Gives the charge back if the client goes away before the response; unless said, it stays.
    ///
    /// # Security
    ///
    /// Whoever hangs up in time is not counted: not for what is guessed at, and not for what is
    /// dear before it answers.
    pub const fn dangerously_forgiving_disconnects(mut self) -> Self {
        self.forgives_disconnects = true;
        self
    }

    /// Counts and tells the observers ([`Outcome::Shadowed`](rempart_core::Outcome::Shadowed)), and
    /// refuses nobody: for a limit that is new. Clients are not told of it.
    pub const fn on_trial(mut self) -> Self {
        self.on_trial = true;
        self
    }
}

/// For how many keys a strict window makes room unless told otherwise: a log is larger than a debt.
const DEFAULT_LOGS: usize = 16_384;
