//! Other rules for some of those whom a limit counts.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::Extensions;
use rempart_core::Faults;

use super::Rule;
use crate::ConfigError;

/// Who is told apart, and the rule that holds for them, or what is wrong with it.
#[derive(Clone)]
pub(super) struct Tier<R> {
    of: Arc<dyn Of>,
    pub(super) rule: R,
}

/// The tiers of a limit without a fault. A request's is numbered: 0 is none of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tiers(Box<[Tier<Rule>]>);

/// What a layer outside may have found out of a request, without its type.
trait Of: Send + Sync {
    fn is_in(&self, extensions: &Extensions) -> bool;

    fn is(&self, other: &dyn Any) -> bool;

    fn value(&self) -> &dyn Any;
}

impl<T: PartialEq + Send + Sync + 'static> Of for T {
    fn is_in(&self, extensions: &Extensions) -> bool {
        extensions.get::<T>() == Some(self)
    }

    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }

    fn value(&self) -> &dyn Any {
        self
    }
}

impl<R> Tier<R> {
    pub(super) fn new<T: PartialEq + Send + Sync + 'static>(of: T, rule: R) -> Self {
        Self { of: Arc::new(of), rule }
    }
}

impl Tiers {
    /// How many a limit can have.
    const MOST: usize = 16;

    /// Checks the tiers of a limit with this rule, if it has no fault itself, and this overdraft.
    pub(super) fn check(
        tiers: Vec<Tier<Result<Rule, ConfigError>>>,
        rule: Option<Rule>,
        overdraft: u32,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut faults = Faults::new();
        if tiers.len() > Self::MOST {
            faults.push(ConfigError::TooManyTiers { tiers: tiers.len() });
        }
        let mut checked: Vec<Tier<Rule>> = Vec::new();
        let mut known: Vec<Arc<dyn Of>> = Vec::new();
        for (tier, Tier { of, rule: own }) in (1..).zip(tiers) {
            let mut fault = |fault| {
                faults.push(ConfigError::Tier { tier, fault: Box::new(fault) });
            };
            if known.iter().any(|known| known.is(of.value())) {
                fault(ConfigError::SameTier);
            }
            known.push(Arc::clone(&of));
            match own {
                Ok(own) if rule.is_some_and(|rule| !rule.is_alike(&own)) => {
                    fault(ConfigError::TierOfAnotherKind);
                }
                // What is wrong with the limit's own is said once.
                Ok(own) if rule.is_none() => checked.push(Tier { of, rule: own }),
                Ok(own) => match own.with_overdraft(overdraft) {
                    Ok(rule) => checked.push(Tier { of, rule }),
                    Err(error) => fault(error),
                },
                Err(error) => fault(error),
            }
        }
        let checked = Self(checked.into());
        faults.finish().map(|()| checked).map_err(|faults| faults.into_iter().collect())
    }

    /// The same tiers, in each of which debts as long as this are owed.
    pub(super) fn beside(mut self, longest_debt: u64) -> Self {
        self.0.iter_mut().for_each(|tier| tier.rule = tier.rule.beside(longest_debt));
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Which one holds for a request: the first that it is in.
    pub(super) fn of(&self, extensions: &Extensions) -> u8 {
        let place = self.0.iter().position(|tier| tier.of.is_in(extensions));
        place.map_or(0, |place| u8::try_from(place).unwrap_or(u8::MAX).saturating_add(1))
    }

    pub(super) fn rule(&self, tier: u8) -> Option<&Rule> {
        let place = usize::from(tier).checked_sub(1)?;
        self.0.get(place).map(|tier| &tier.rule)
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &Rule> + Clone {
        self.0.iter().map(|tier| &tier.rule)
    }
}

impl<R: fmt::Debug> fmt::Debug for Tier<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tier({:?})", self.rule)
    }
}
