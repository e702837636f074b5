use std::borrow::Cow;
use std::time::Duration;

use rempart_core::KeyId;

use crate::{Head, Policy, Rejection, Verified, items, message, token};

/// A request that is verified by other rules than those of a scheme.
#[derive(Debug)]
pub(crate) enum Apart {
    /// Its items are signed, each for itself, in the body.
    Items,
    /// What its signature covers, its signature says.
    Message(message::Accepted),
    /// A token covers its body.
    Token(token::Accepted),
}

impl Apart {
    /// Decides by the head alone; `None` under a scheme.
    pub(crate) fn decide(
        policy: &Policy,
        head: &Head<'_>,
        now: Duration,
    ) -> Option<Result<Self, Rejection>> {
        if let Some(rules) = policy.message_rules() {
            return Some(message::decide(policy, rules, head, now).map(Self::Message));
        }
        if policy.item_signatures().is_some() {
            return Some(items::decide(policy, head).map(|()| Self::Items));
        }
        let token = policy.body_token()?;
        Some(token::decide(policy, token, head, now).map(Self::Token))
    }

    /// The key that made the signature, if that is known already.
    pub(crate) fn key(&self) -> Option<KeyId> {
        match self {
            Self::Items => None,
            Self::Message(message) => Some(message.key()),
            Self::Token(token) => token.key(),
        }
    }

    pub(super) fn update(&mut self, frame: &[u8]) -> Result<(), Rejection> {
        match self {
            Self::Items => {}
            Self::Message(message) => message.update(frame)?,
            Self::Token(token) => token.update(frame),
        }
        Ok(())
    }

    pub(super) fn conclude<'b>(
        &mut self,
        policy: &Policy,
        now: Duration,
        whole: impl FnOnce() -> Cow<'b, [u8]>,
    ) -> Result<Verified, Rejection> {
        match self {
            Self::Items => {
                let wanted = policy.item_signatures().ok_or(Rejection::Missing)?;
                items::conclude(policy, wanted, &whole(), now)
            }
            Self::Message(message) => message.conclude(policy, now),
            Self::Token(token) => token.conclude(policy, now),
        }
    }
}
