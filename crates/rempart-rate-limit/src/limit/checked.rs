//! A limit that has been checked, and what can be wrong with one.

use std::iter;

use http::Extensions;
use rempart_core::{Faults, PolicyName};

use super::{CostOf, Limit, Rule, SettleOf, Tiers};
use crate::by::Asker;
use crate::{By, ConfigError, ConfigErrors, Counting, InFlight, Store, WhenFull, WindowStore};

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
    pub(crate) settles: Option<SettleOf>,
    pub(crate) on_trial: bool,
}

impl Limit {
    /// Its name, if a client evades it by names that it makes up and none of these limits holds the
    /// client then. The policy says whom they count who do not say it themselves.
    pub(crate) fn evaded(&self, beside: &[Self], by: &By) -> Option<PolicyName> {
        let is_invented = |limit: &Self| limit.by.as_ref().unwrap_or(by).is_invented();
        let holds = |other: &Self| {
            // So many at once are any number, one after another.
            let counts = !other.is_of_concurrency() || self.is_of_concurrency();
            let charges = [Counting::Requests, self.counting].contains(&other.counting);
            let whole = other.cost.is_none() && other.settles.is_none();
            let always = whole && !other.forgives_disconnects && !other.on_trial;
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
        if self.settles.is_some() && matches!(rule, Ok(Rule::Concurrency(_))) {
            named(ConfigError::NothingToSettle);
        }
        let overdraft = self.overdraft;
        let rule = rule.and_then(|rule| rule.with_overdraft(overdraft).map_err(&mut named));
        let tiers = Tiers::check(self.tiers, rule.as_ref().ok().copied(), overdraft);
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
            settles: self.settles,
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

    /// What a request is charged before it is served. One that is settled after it costs one at
    /// least: who owes a whole burst is not let in to owe more.
    pub(crate) fn cost_of(&self, asker: &Asker<'_>) -> u32 {
        let cost = self.cost.map_or(1, |cost| cost(asker.headers, asker.extensions));
        if self.settles.is_some() { cost.max(1) } else { cost }
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
        self.counting != Counting::Requests || self.settles.is_some() || self.forgives_disconnects
    }
}

fn largest(rule: &Rule, tiers: &Tiers) -> u32 {
    tiers.rules().map(Rule::at_once).fold(rule.at_once(), u32::max)
}
