//! One limit of a policy.

mod rule;
mod tier;

use std::iter;

use http::{Extensions, HeaderMap};
use rempart_core::{Faults, NameError, PolicyName};

pub use self::rule::{IntoQuota, Rule};
use self::rule::{concurrency, gcra, window};
use self::tier::Tier;
pub(crate) use self::tier::Tiers;
use crate::{By, ConfigError, ConfigErrors, Counting, InFlight, Store, WhenFull, WindowStore};

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
    on_trial: bool,
}

/// What a request costs, by its headers and extensions.
pub(crate) type CostOf = fn(&HeaderMap, &Extensions) -> u32;

/// A limit without a fault.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) name: PolicyName,
    /// For whom no tier has another.
    pub(crate) rule: Rule,
    pub(crate) tiers: Tiers,
    pub(crate) by: By,
    pub(crate) when_full: WhenFull,
    pub(crate) capacity: usize,
    pub(crate) counting: Counting,
    pub(crate) forgives_disconnects: bool,
    pub(crate) cost: Option<CostOf>,
    pub(crate) on_trial: bool,
}

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
    /// ([`Store::MAX_CAPACITY`], [`WindowStore::MAX_BYTES`], [`InFlight::MAX_CAPACITY`]). A policy
    /// that replaces another one takes over its tables, as large as they are; where a strict window
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

    /// Its name, if a client evades it by names that it makes up and none of these limits holds the
    /// client then. The policy says whom they count who do not say it themselves.
    pub(crate) fn evaded(&self, beside: &[Self], by: &By) -> Option<PolicyName> {
        let is_invented = |limit: &Self| limit.by.as_ref().unwrap_or(by).is_invented();
        let holds = |other: &Self| {
            // So many at once are any number, one after another.
            let counts = !other.is_of_concurrency() || self.is_of_concurrency();
            let charges = [Counting::Requests, self.counting].contains(&other.counting);
            let always = other.cost.is_none() && !other.forgives_disconnects && !other.on_trial;
            counts && charges && always && !is_invented(other)
        };
        let is_evaded = is_invented(self) && !beside.iter().any(holds);
        self.name.ok().filter(|_| is_evaded)
    }

    /// Its name, if it is one.
    pub(crate) fn name(&self) -> Option<PolicyName> {
        self.name.ok()
    }

    const fn is_of_concurrency(&self) -> bool {
        matches!(self.rule, Ok(Rule::Concurrency(_)))
    }

    /// Takes what it does not say from the policy. A fault says whose it is, but for those of the
    /// limit that has the policy's own name: there is no other that they could be of.
    pub(crate) fn check(
        self,
        by: &By,
        when_full: WhenFull,
        own: Option<PolicyName>,
        faults: &mut Faults<ConfigError>,
    ) -> Option<Checked> {
        let limit = self.name.ok().filter(|name| Some(*name) != own);
        let mut named = |fault: ConfigError| match limit {
            Some(limit) => faults.push(ConfigError::Limit { limit, fault: Box::new(fault) }),
            None => faults.push(fault),
        };
        // The policy's own name is no second fault.
        let name = self.name.map_err(|fault| {
            if !self.is_own {
                named(ConfigError::Name(fault));
            }
        });
        let rule = self.rule.map_err(&mut named);
        let tiers = Tiers::check(self.tiers, rule.as_ref().ok().copied());
        let tiers = tiers.map_err(|faults| faults.into_iter().for_each(&mut named));
        // What is wrong with the policy's, it says itself, and once.
        let wrong_by: Vec<_> = self.by.iter().flat_map(By::faults).collect();
        let is_by_somebody = wrong_by.is_empty();
        wrong_by.into_iter().for_each(&mut named);
        let fits = match (&rule, &tiers) {
            // Of a rule with a fault, the capacity that it would need is not known.
            (Ok(rule @ Rule::StrictWindow(_)), Ok(tiers)) => {
                WindowStore::check_capacity(self.capacity, largest(rule, tiers))
            }
            (Ok(Rule::Concurrency(_)), _) => {
                InFlight::check_capacity(self.capacity).map_err(ConfigErrors::from)
            }
            _ => Store::check_capacity(self.capacity).map_err(ConfigErrors::from),
        };
        let fits = fits.map_err(|faults| faults.into_iter().for_each(&mut named));
        let (rule, tiers) = (rule.ok()?, tiers.ok()?);
        // A client has one debt, whatever the tier: what one of them lets it run up, it owes in all.
        let rules = tiers.rules().chain([&rule]);
        let longest_debt = rules.map(Rule::longest_debt).max().unwrap_or_default();
        let checked = Checked {
            name: name.ok()?,
            rule: rule.beside(longest_debt),
            tiers: tiers.beside(longest_debt),
            by: self.by.unwrap_or_else(|| by.clone()),
            when_full: self.when_full.unwrap_or(when_full),
            capacity: self.capacity,
            counting: self.counting,
            forgives_disconnects: self.forgives_disconnects,
            cost: self.cost,
            on_trial: self.on_trial,
        };
        (is_by_somebody && fits.is_ok()).then_some(checked)
    }
}

impl Checked {
    /// The tier that a request is in.
    #[inline]
    pub(crate) fn tier(&self, extensions: &Extensions) -> u8 {
        if self.tiers.is_empty() { 0 } else { self.tiers.of(extensions) }
    }

    /// The rule for a tier.
    #[inline]
    pub(crate) fn rule(&self, tier: u8) -> &Rule {
        self.tiers.rule(tier).unwrap_or(&self.rule)
    }

    /// The rules of all tiers, in their order.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> + Clone {
        iter::once(&self.rule).chain(self.tiers.rules())
    }

    /// How many requests of a client are served at once in the tier that allows the most.
    pub(crate) fn largest(&self) -> u32 {
        largest(&self.rule, &self.tiers)
    }

    /// Whether nothing of it need be known after the decision, and nothing but whose a request is
    /// before it.
    pub(crate) fn is_plain(&self) -> bool {
        self.by.is_client()
            && self.tiers.is_empty()
            && self.cost.is_none()
            && !self.depends_on_the_response()
            && !self.on_trial
            && !matches!(self.rule, Rule::Concurrency(_))
    }

    pub(crate) fn depends_on_the_response(&self) -> bool {
        self.counting != Counting::Requests || self.forgives_disconnects
    }
}

fn largest(rule: &Rule, tiers: &Tiers) -> u32 {
    tiers.rules().map(Rule::at_once).fold(rule.at_once(), u32::max)
}

/// For how many keys a strict window makes room unless told otherwise: a log is larger than a debt.
const DEFAULT_LOGS: usize = 16_384;
