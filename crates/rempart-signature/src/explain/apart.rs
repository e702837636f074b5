use std::time::Duration;

use super::{Explanation, KeyEnd, off, other_schemes};
use crate::message::{self, SIGNATURE_INPUT};
use crate::policy::Rules;
use crate::{Head, Policy, Rejection, revoked};

/// What the head alone explains where no scheme says what is signed: a message or a token is good or
/// not before its body is read. `None` where the body has to be looked at.
pub(super) fn of_head(
    policy: &Policy,
    head: &Head<'_>,
    rejection: Rejection,
    now: Duration,
) -> Option<Explanation> {
    let header = match policy.rules() {
        Rules::Messages(_) => &SIGNATURE_INPUT,
        Rules::Token(token) => token.header(),
        Rules::Items(_) | Rules::Scheme(_) => return None,
    };
    Some(match rejection {
        Rejection::DigestMismatch | Rejection::RevokedKey => return None,
        Rejection::Mismatch | Rejection::UnknownKey => {
            let key = revoked::signer_by_head(policy, rejection, head, now);
            key.map_or(Explanation::Unexplained, |key| Explanation::Key {
                key,
                end: KeyEnd::Revoked,
            })
        }
        Rejection::Missing if !head.headers.contains_key(header) => {
            other_schemes(Some(header), head)
        }
        Rejection::FutureTimestamp | Rejection::StaleTimestamp
            if policy.message_rules().is_some() =>
        {
            let made = message::made(head.headers);
            made.map_or(Explanation::Unexplained, |made| off(made, now))
        }
        _ => Explanation::Unexplained,
    })
}
