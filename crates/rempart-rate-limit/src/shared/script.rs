use std::sync::LazyLock;

use redis::{Cmd, Script, Value};

use super::rule::{Found, Kind};
use super::{Answer, Charge, Charges};

/// A script, and the hash by which a server finds it.
pub(super) struct Known {
    text: &'static str,
    hash: LazyLock<String>,
}

/// What the server said of a request.
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

pub(super) static DECIDE: Known = Known {
    text: include_str!("decide.lua"),
    hash: LazyLock::new(|| hash(include_str!("decide.lua"))),
};

pub(super) static REFUND: Known = Known {
    text: include_str!("refund.lua"),
    hash: LazyLock::new(|| hash(include_str!("refund.lua"))),
};

impl Known {
    /// The script by its hash, under which the server has known it since the first time.
    pub(super) fn by_hash(&self, keys: &[String], args: &[u64]) -> Cmd {
        command("EVALSHA", &self.hash, keys, args)
    }

    /// The whole script, for a server that does not know it yet.
    pub(super) fn whole(&self, keys: &[String], args: &[u64]) -> Cmd {
        command("EVAL", self.text, keys, args)
    }
}

/// What the script that decides is told. An instance may lease a part only of what is left, so
/// that the others find something too.
pub(super) fn to_decide(
    charges: &Charges,
    instances: u32,
    leases: impl Iterator<Item = u32>,
) -> Vec<u64> {
    let mut args = vec![u64::from(instances).saturating_mul(4)];
    for (charge, lease) in charges.iter().zip(leases) {
        let [kind, rest @ ..] = of_rule(charge);
        args.push(if charge.limit.is_on_trial() { kind.saturating_add(2) } else { kind });
        args.extend(rest);
        args.push(lease.into());
    }
    args
}

/// What the script that refunds is told.
pub(super) fn to_refund(charges: &Charges, marks: &[u64]) -> Vec<u64> {
    let each = charges.iter().zip(marks);
    each.flat_map(|(charge, mark)| of_rule(charge).into_iter().chain([*mark])).collect()
}

impl Reply {
    /// Reads what the server answered; nothing if it cannot be the script's answer.
    pub(super) fn read(value: &Value, charges: &Charges) -> Option<Self> {
        let Value::Array(values) = value else { return None };
        let numbers = values.iter().map(number).collect::<Option<Vec<_>>>()?;
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

fn command(name: &str, script: &str, keys: &[String], args: &[u64]) -> Cmd {
    let mut command = Cmd::new();
    command.arg(name).arg(script).arg(keys.len()).arg(keys).arg(args);
    command
}

fn of_rule(charge: &Charge) -> [u64; 5] {
    let rule = charge.limit.rule();
    let kind = match rule.kind() {
        Kind::Gcra => 0,
        Kind::Window => 1,
    };
    [kind, charge.cost().into(), rule.step(), rule.size().into(), charge.limit.horizon()]
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

fn hash(text: &str) -> String {
    Script::new(text).get_hash().to_owned()
}

/// 2^53: past this a script does not know one number from the next.
const EXACT: u64 = 1 << 53;
