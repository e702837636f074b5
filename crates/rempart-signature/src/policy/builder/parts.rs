//! What a policy is built of, each checked.

use std::sync::Arc;

use rempart_core::Faults;

use super::PolicyBuilder;
use crate::message::MessageRules;
use crate::policy::{PolicyKey, Rules, check_minimum};
use crate::{Challenge, ConfigError, Coverage, MessageSignatures, Part, Scheme};

impl PolicyBuilder {
    /// What is verified: exactly one thing.
    pub(super) fn rules(&mut self, faults: &mut Faults<ConfigError>) -> Option<Rules> {
        let items = self.items.take();
        let given = (self.scheme.take(), self.messages.take(), self.token.take(), items);
        let rules = match given {
            (Some(scheme), None, None, None) => self.of_scheme(scheme, faults),
            (None, Some(wanted), None, None) => self.of_messages(wanted, faults),
            (None, None, Some(token), None) => {
                token.check(faults);
                Rules::Token(Arc::new(token))
            }
            (None, None, None, Some(items)) => {
                self.check_coverage(items.coverage(), faults);
                Rules::Items(Box::new(items))
            }
            (None, None, None, None) => {
                faults.push(ConfigError::SchemeMissing);
                return None;
            }
            _ => {
                faults.push(ConfigError::SeveralSchemes);
                return None;
            }
        };
        if !self.short_secrets {
            check_minimum(rules.reading(false), faults);
        }
        let challenge = self.challenge.as_ref().filter(|_| !matches!(rules, Rules::Scheme(_)));
        if let Some(challenge) = challenge.map(Challenge::sender) {
            let scheme = rules.subject().scheme.to_owned();
            faults.push(ConfigError::ForeignChallenge { challenge, scheme });
        }
        Some(rules)
    }

    fn of_scheme(&self, scheme: Scheme, faults: &mut Faults<ConfigError>) -> Rules {
        scheme.check(faults);
        self.check_coverage(scheme.coverage(), faults);
        if scheme.template().has(&Part::Url) {
            if self.public_urls.is_empty() {
                faults.push(ConfigError::PublicUrlMissing);
            }
            for (nth, url) in self.public_urls.iter().enumerate() {
                if self.public_urls.iter().take(nth).any(|other| other.is_beside(url)) {
                    faults.push(ConfigError::PublicUrlTwice { url: url.clone() });
                }
            }
        }
        if let Some(challenge) = &self.challenge {
            challenge.check(&scheme, self.short_secrets, faults);
        }
        Rules::Scheme(Box::new(scheme))
    }

    fn check_coverage(&self, coverage: Coverage, faults: &mut Faults<ConfigError>) {
        if coverage < self.coverage {
            faults.push(ConfigError::BodyNotCovered { coverage });
        }
    }

    fn of_messages(&self, wanted: MessageSignatures, faults: &mut Faults<ConfigError>) -> Rules {
        wanted.check(&self.public_urls, faults);
        let rules = MessageRules::of(wanted, &self.public_urls, self.short_secrets, faults);
        Rules::Messages(Arc::new(rules))
    }

    pub(super) fn keys_of(
        &self,
        rules: Option<&Rules>,
        faults: &mut Faults<ConfigError>,
    ) -> Box<[PolicyKey]> {
        let none = self.keys.as_ref().is_none_or(|ring| ring.verifying().next().is_none());
        if let Some(tenants) = &self.tenants {
            if self.keys.is_some() {
                faults.push(ConfigError::KeysAndTenants);
            }
            if self.limits.timer.is_none() {
                faults.push(ConfigError::TenantsWithoutTimer);
            }
            if matches!(rules, Some(Rules::Messages(_))) {
                faults.push(ConfigError::TenantsOfMessages);
            }
            tenants.check(faults);
        } else if none && !rules.is_some_and(Rules::has_keys) {
            faults.push(ConfigError::NoKeys);
        }
        match (rules, &self.keys) {
            (Some(rules), Some(ring)) => rules.keys(ring, self.short_secrets, faults),
            (Some(Rules::Messages(rules)), None) => {
                rules.check_names(&[], faults);
                Box::default()
            }
            _ => Box::default(),
        }
    }
}
