use super::rule::{Found, Kind};
use super::{Answer, Charge, Charges};

/// What the store said of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) allowed: bool,
    pub(super) answers: Vec<Answer>,
    /// Of each charge, what its refund needs to know: until when the client is in debt with it,
    /// or when it was admitted; zero if nothing was charged.
    pub(super) marks: Vec<u64>,
    /// Of each charge, how many requests were leased.
    pub(super) leased: Vec<u32>,
}

impl Reply {
    /// Reads the numbers that `decide.lua` says; nothing if it cannot have said them.
    pub(super) fn read(numbers: &[u64], charges: &Charges) -> Option<Self> {
        let (head, each) = numbers.split_first_chunk::<2>()?;
        let (each, []) = each.as_chunks::<4>() else { return None };
        let [now, allowed] = *head;
        if each.len() != charges.len() || now == 0 || now >= EXACT || allowed > 1 {
            return None;
        }
        let allowed = allowed == 1;
        let mut reply = Self { allowed, answers: vec![], marks: vec![], leased: vec![] };
        for (charge, [used, wait, oldest, leased]) in charges.iter().zip(each) {
            let found = Found { used: *used, wait: *wait, oldest: *oldest, leased: *leased };
            let rule = charge.limit.rule();
            let was_charged = allowed && !(charge.limit.is_on_trial() && *wait > 0);
            reply.answers.push(rule.answer(
                found,
                charge.cost(),
                charge.limit.horizon(),
                was_charged,
            )?);
            reply.marks.push(match rule.kind() {
                _ if !was_charged => 0,
                Kind::Gcra => now.saturating_add(*used).saturating_add(rule.charge(charge.cost)),
                Kind::Window => now,
            });
            reply.leased.push(u32::try_from(*leased).ok()?);
        }
        let denied = |(charge, answer): (&Charge, &Answer)| charge.is_denied(answer);
        let refused = charges.iter().zip(&reply.answers).any(denied);
        let leased = reply.leased.iter().any(|leased| *leased > 0);
        if refused == allowed || (leased && !allowed) { None } else { Some(reply) }
    }
}

/// 2^53: past this a script does not know one number from the next. Counts that go from one store
/// to another are the same everywhere, so it is the end of all clocks.
pub(super) const EXACT: u64 = 1 << 53;
