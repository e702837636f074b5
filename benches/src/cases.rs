//! The cases, crate by crate, each with the ceilings that it must keep.

mod cors;
mod egress;
mod headers;
mod history;
mod keys;
mod metrics;
mod monitor;
mod rate_limit;
mod signature;
mod stack;
mod token;

use crate::Case;

/// Every case whose name holds `part`.
#[must_use]
pub fn matching(part: &str) -> Vec<Case> {
    let all = cors::cases().into_iter().chain(headers::cases()).chain(rate_limit::cases());
    let all = all
        .chain(history::cases())
        .chain(keys::cases())
        .chain(metrics::cases())
        .chain(monitor::cases())
        .chain(signature::cases())
        .chain(stack::cases())
        .chain(token::cases());
    let all = all.chain(egress::cases());
    all.filter(|case| case.name.contains(part)).collect()
}
