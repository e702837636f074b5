use std::sync::LazyLock;

use redis::{Cmd, Script, Value};

use super::job::{Job, Spent, Task, Terms, Wish};
use super::rule::Kind;

/// A script, and the hash by which a server finds it.
pub(super) struct Known {
    text: &'static str,
    hash: LazyLock<String>,
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

/// The script that does a job, and what it is told; nothing if a command of the server does it.
pub(super) fn of(job: &Job) -> Option<(&'static Known, Vec<u64>)> {
    match &job.task {
        Task::Decide { part, wishes } => {
            let each = wishes.iter().flat_map(to_decide);
            Some((&DECIDE, std::iter::once(*part).chain(each).collect()))
        }
        Task::Refund(spent) => Some((&REFUND, spent.iter().flat_map(to_refund).collect())),
        Task::Reset => None,
    }
}

/// The numbers that a script, or a command, answered; nothing if it said anything else.
pub(super) fn numbers(value: &Value) -> Option<Vec<u64>> {
    match value {
        Value::Array(values) => values.iter().map(number).collect(),
        value => Some(vec![number(value)?]),
    }
}

fn to_decide(wish: &Wish) -> [u64; 6] {
    let [kind, rest @ ..] = of_terms(&wish.terms);
    let [cost, step, size, horizon] = rest;
    let kind = if wish.on_trial { kind.saturating_add(2) } else { kind };
    [kind, cost, step, size, horizon, wish.lease]
}

fn to_refund(spent: &Spent) -> [u64; 6] {
    let [kind, cost, step, size, horizon] = of_terms(&spent.terms);
    [kind, cost, step, size, horizon, spent.mark]
}

fn of_terms(terms: &Terms) -> [u64; 5] {
    let kind = match terms.kind {
        Kind::Gcra => 0,
        Kind::Window => 1,
    };
    [kind, terms.cost, terms.step, terms.size, terms.horizon]
}

fn command(name: &str, script: &str, keys: &[String], args: &[u64]) -> Cmd {
    let mut command = Cmd::new();
    command.arg(name).arg(script).arg(keys.len()).arg(keys).arg(args);
    command
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
