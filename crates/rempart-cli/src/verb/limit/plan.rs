use std::ops::Range;
use std::time::Duration;

use rempart::rate_limit::{Quota, Store, WhenFull};

use super::group::{self, Group};
use super::rule::Rule;
use super::shared::largest_lease;
use super::show::grouped;
use crate::args::{self, SharedArgs, SimulateArgs};
use crate::failure::{Failure, Faults};

/// What is simulated, checked.
pub(super) struct Plan {
    pub(super) quota: Quota,
    pub(super) rule: Rule,
    pub(super) groups: Vec<Group>,
    /// How many of the groups, the first ones, are honest.
    pub(super) honest: usize,
    pub(super) seconds: u64,
    pub(super) seed: u64,
    pub(super) capacity: usize,
    pub(super) when_full: WhenFull,
    pub(super) sharing: Option<Sharing>,
}

/// How several instances share the quota.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    pub(super) instances: u32,
    pub(super) lease: Option<u32>,
    /// When the shared store cannot be reached, in seconds.
    pub(super) down: Option<Range<u64>>,
}

impl Plan {
    /// Every fault at once.
    pub(super) fn new(args: &SimulateArgs) -> Result<Self, Failure> {
        let mut faults = Faults::default();
        let quota: Option<Quota> =
            faults.take(args.quota.parse().map_err(|fault| format!("--quota: {fault}")));
        let rule = quota.and_then(|quota| {
            let rule = Rule::new(quota, args.strict_window);
            faults.take(rule.map_err(|fault| format!("--strict-window: {fault}")))
        });
        let groups = groups(args, rule, &mut faults);
        if !(1..=MAX_SECONDS).contains(&args.seconds) {
            faults.push(format!("--seconds: from 1 to {}", grouped(MAX_SECONDS)));
        }
        let instances = args.shared.instances.unwrap_or(1);
        stores(args.capacity, instances, &mut faults);
        let sharing = sharing(&args.shared, rule, args.seconds, &mut faults);
        if let (Some(sharing), Some(rule)) = (&sharing, rule) {
            strangers(&groups, rule, sharing, args.seconds, &mut faults);
        }
        faults.finish()?;
        let (Some(quota), Some(rule)) = (quota, rule) else {
            return Err(Failure::usage("--quota: none was given"));
        };
        Ok(Self {
            quota,
            rule,
            groups,
            honest: args.honest.len(),
            seconds: args.seconds,
            seed: args.seed,
            capacity: args.capacity,
            when_full: match args.when_full {
                args::WhenFull::Available => WhenFull::Available,
                args::WhenFull::Strict => WhenFull::Strict,
            },
            sharing,
        })
    }

    /// The end of the run, in nanoseconds.
    pub(super) fn end(&self) -> u64 {
        nanoseconds(Duration::from_secs(self.seconds))
    }
}

/// What both of a limiter's times are counted in.
pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The groups that are groups, the honest ones first.
fn groups(args: &SimulateArgs, rule: Option<Rule>, faults: &mut Faults) -> Vec<Group> {
    let given = args.honest.len().saturating_add(args.hostile.len());
    if given == 0 {
        faults.push("--honest, --hostile: who sends? As in `--honest 1000x0.5/s`");
    }
    if given > MAX_GROUPS {
        faults.push(format!("--honest, --hostile: at most {MAX_GROUPS} groups"));
        return Vec::new();
    }
    let mut groups = Vec::with_capacity(given);
    let mut read = |name: &str, texts: &[String], group: fn(&str) -> Result<Group, _>| {
        for (text, nth) in texts.iter().zip(1_usize..) {
            let group = group(text).map_err(|fault| format!("{name} {nth}: {fault}"));
            groups.extend(faults.take(group));
        }
    };
    read("--honest", &args.honest, group::honest);
    read("--hostile", &args.hostile, group::hostile);

    let clients = groups.iter().filter_map(|group| group.who.clients().map(u64::from));
    let clients = clients.fold(0, u64::saturating_add);
    let numbers = rule.map_or(1, |rule| rule.numbers()).max(1);
    let most = MAX_NUMBERS.checked_div(numbers.into()).unwrap_or_default();
    if clients > most {
        let (clients, most) = (grouped(clients), grouped(most));
        faults
            .push(format!("--honest, --hostile: {clients} clients; at most {most} are told apart"));
    }
    let requests = groups.iter().map(|group| group.expected(args.seconds));
    let requests = requests.fold(0, u128::saturating_add);
    if requests > MAX_REQUESTS.into() {
        let (requests, most) = (grouped(requests), grouped(MAX_REQUESTS));
        faults.push(format!(
            "--honest, --hostile: about {requests} requests in all; at most {most} are simulated"
        ));
    }
    groups
}

fn stores(capacity: usize, instances: u32, faults: &mut Faults) {
    if !(1..=MAX_INSTANCES).contains(&instances) {
        faults.push(format!("--instances: from 1 to {}", grouped(MAX_INSTANCES)));
    } else if capacity == 0 || capacity > Store::MAX_CAPACITY {
        faults.push(format!("--capacity: from 1 to {}", grouped(Store::MAX_CAPACITY)));
    } else {
        let stores = usize::try_from(instances).unwrap_or(usize::MAX);
        if capacity.saturating_mul(stores) > Store::MAX_CAPACITY {
            let most = grouped(Store::MAX_CAPACITY);
            faults.push(format!(
                "--capacity: {instances} times {} clients; at most {most} in all, which take 1.5 GiB",
                grouped(capacity)
            ));
        }
    }
}

fn sharing(
    args: &SharedArgs,
    rule: Option<Rule>,
    seconds: u64,
    faults: &mut Faults,
) -> Option<Sharing> {
    if let (Some(lease), Some(rule)) = (args.lease, rule) {
        match largest_lease(&rule) {
            None => {
                faults.push("--lease: nothing is leased of bursts below 64 and of strict windows");
            }
            Some(most) if !(1..=most).contains(&lease) => {
                faults
                    .push(format!("--lease: from 1 to {}, an eighth of the burst", grouped(most)));
            }
            Some(_) => {}
        }
    }
    let down = args.store_down.as_deref().and_then(|text| {
        let span = group::span(text).map_err(|fault| format!("--store-down: {fault}"));
        let span = faults.take(span)?;
        if span.start >= seconds {
            faults.push("--store-down: begins when all is over");
        }
        Some(span)
    });
    args.instances.map(|instances| Sharing { instances, lease: args.lease, down })
}

/// A shared store keeps a key for each address that still owes.
fn strangers(groups: &[Group], rule: Rule, sharing: &Sharing, seconds: u64, faults: &mut Faults) {
    let charged = sharing.lease.unwrap_or_default().saturating_add(1);
    let time = match rule {
        Rule::Gcra(gcra) => gcra.interval().saturating_mul(charged),
        Rule::Window(window) => window.period(),
    };
    let owing = time.as_secs().saturating_add(1);
    let strangers = groups.iter().filter(|group| group.who.clients().is_none());
    let owing = strangers.map(|group| group.expected(owing.min(seconds)));
    let owing = owing.fold(0, u128::saturating_add);
    if owing > MAX_STRANGERS.into() {
        let (owing, most) = (grouped(owing), grouped(MAX_STRANGERS));
        faults.push(format!(
            "--hostile, --instances: about {owing} fresh addresses owe at a time; at most {most} are kept"
        ));
    }
}

/// So many numbers are kept of all clients together to count them exactly: one of each, or of a
/// strict window as many as the limit. They take 16 bytes each, or 24; with instances 8 more.
const MAX_NUMBERS: u64 = 20_000_000;

/// More than anybody needs to see what happens.
const MAX_GROUPS: usize = 16;

const MAX_INSTANCES: u32 = 1_000;

/// Some minutes of work.
const MAX_REQUESTS: u64 = 1_000_000_000;

/// Eight bytes are kept of each, 128 MiB in all.
const MAX_STRANGERS: u32 = 1 << 24;

/// A month.
const MAX_SECONDS: u64 = 30 * 24 * 60 * 60;
