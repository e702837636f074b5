//! Limits, before they are put in front of anybody.

mod arrivals;
mod group;
mod ledger;
mod local;
mod plan;
mod random;
mod report;
mod rings;
mod rule;
mod shared;
mod show;

use std::io::Write;

use self::arrivals::{Arrival, Arrivals};
use self::ledger::Ledger;
use self::local::Local;
use self::plan::Plan;
use self::report::Report;
use self::shared::Shared;
use super::Verdict;
use crate::args::SimulateArgs;
use crate::failure::Failure;

/// Lets the clients of the options come to a limit, and writes what each group was served.
pub(crate) fn limit_simulate(
    args: &SimulateArgs,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    let plan = Plan::new(args)?;
    let report = report(&plan)?;
    let text = if args.json { report.json() } else { show::text(&report) };
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(Failure::Output)?;
    Ok(if report.holds() { Verdict::Good } else { Verdict::Bad })
}

/// What stands before the service.
trait Guard {
    /// Decides on a request.
    fn admits(&mut self, arrival: &Arrival) -> bool;
    /// Looks how full it is.
    fn look(&mut self, now: u64);
}

fn report(plan: &Plan) -> Result<Report, Failure> {
    let mut ledger = Ledger::new(&plan.rule, &plan.groups);
    Ok(match &plan.sharing {
        None => {
            let mut local = Local::new(plan, plan.rule, 0)?;
            run(plan, &mut local, &mut ledger);
            Report::local(plan, &ledger, &local)
        }
        Some(sharing) => {
            let mut shared = Shared::new(plan, sharing)?;
            run(plan, &mut shared, &mut ledger);
            Report::shared(plan, &ledger, &shared)
        }
    })
}

fn run(plan: &Plan, guard: &mut impl Guard, ledger: &mut Ledger) {
    let end = plan.end();
    let between = end.div_ceil(LOOKS);
    let mut look_at = between;
    for arrival in Arrivals::new(&plan.groups, plan.seed, end) {
        while look_at <= arrival.at {
            guard.look(look_at);
            look_at = look_at.saturating_add(between);
        }
        let served = guard.admits(&arrival);
        ledger.enter(&arrival, served);
    }
    while look_at < end {
        guard.look(look_at);
        look_at = look_at.saturating_add(between);
    }
    guard.look(end);
}

/// How often a store is looked at: each look visits all of it.
const LOOKS: u64 = 64;
