use std::borrow::Cow;
use std::time::Duration;

use rempart_core::KeyId;

use crate::policy::Rules;
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
    /// Decides by the head alone; for other rules than those of a scheme.
    #[cold]
    pub(crate) fn decide(
        policy: &Policy,
        head: &Head<'_>,
        now: Duration,
    ) -> Result<Self, Rejection> {
        match policy.rules() {
            Rules::Items(_) => items::decide(policy, head).map(|()| Self::Items),
            Rules::Messages(rules) => message::decide(policy, rules, head, now).map(Self::Message),
            Rules::Token(token) => token::decide(policy, token, head, now).map(Self::Token),
            Rules::Scheme(_) => Err(Rejection::Missing),
        }
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
