use std::fmt::{Display, Write};
use std::time::Duration;

use super::report::{Bound, GroupReport, LocalReport, Report, SharedReport, StoreReport};
use crate::table::Table;

/// A report for people to read.
pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    let requests = report.groups.iter().map(|group| group.sent).fold(0, u64::saturating_add);
    let time = humantime::format_duration(Duration::from_secs(report.seconds));
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{}{} for each client; {} requests in {time}, seed {}\n",
        report.quota,
        if report.strict_window { " in any window" } else { "" },
        grouped(requests),
        report.seed
    );
    text.push_str(&groups(&report.groups));
    text.push('\n');
    let mut lines = Lines(text);
    match &report.bound {
        Bound::Local(bound) => local(bound, report, &mut lines),
        Bound::Shared(bound) => shared(bound, report, &mut lines),
    }
    lines.0
}

fn groups(groups: &[GroupReport]) -> String {
    let headings = ["GROUP", "CLIENTS", "SENT", "SERVED", "REFUSED", "SHARE", "ALLOWED", "ABOVE"];
    let mut table = Table::new(headings).numbers_from(1);
    for group in groups {
        table.row([
            format!("{} {}", group.side, group.group),
            group.clients.map_or_else(|| "1 each".to_owned(), grouped),
            grouped(group.sent),
            grouped(group.served),
            grouped(group.refused),
            percent(group.served, group.sent),
            grouped(group.allowed),
            grouped(group.above),
        ]);
    }
    table.render()
}

fn local(bound: &LocalReport, report: &Report, lines: &mut Lines) {
    let mode = if bound.strict { "strict" } else { "available" };
    lines.store("store", &report.store, &format!("when full: {mode}"));
    let times = if bound.strict { "" } else { "twice " };
    let each = if report.strict_window { "limit x windows" } else { "(burst + what comes back)" };
    let holds = if report.holds() { "" } else { ": MORE THAN PROMISED" };
    lines.line(
        "served",
        &format!(
            "{} of at most {} ({times}slots x {each}){holds}",
            grouped(bound.served),
            grouped(bound.at_most)
        ),
    );
}

fn shared(bound: &SharedReport, report: &Report, lines: &mut Lines) {
    let lease = bound.lease.map_or_else(String::new, |lease| format!(", leases of {lease}"));
    lines.line("instances", &format!("{}{lease}", grouped(bound.instances)));
    let each_second = bound.round_trips.checked_div(report.seconds).unwrap_or_default();
    let sent = report.groups.iter().map(|group| group.sent).fold(0, u64::saturating_add);
    lines.line(
        "trips",
        &format!(
            "{} to the shared store, {} a second, {} of the requests",
            grouped(bound.round_trips),
            grouped(each_second),
            percent(bound.round_trips, sent)
        ),
    );
    lines.line(
        "without",
        &format!(
            "{} served from leases, {} refused from memory; {} leased in vain",
            grouped(bound.from_leases),
            grouped(bound.from_denials),
            grouped(bound.unspent)
        ),
    );
    if let Some([from, to]) = bound.store_down {
        lines.line(
            "away",
            &format!(
                "from {from} s to {to} s: {} decided alone, {} trips in vain",
                grouped(bound.alone),
                grouped(bound.failed_trips)
            ),
        );
    }
    lines.line("keys", &format!("{} in the shared store at the peak", grouped(bound.keys_peak)));
    lines.store("stores", &report.store, "for when it is away");
    let holds = if report.holds() { "" } else { ": MORE THAN PROMISED" };
    lines.line(
        "above",
        &format!(
            "a client got {} above its quota, of at most {}{holds}",
            grouped(bound.above),
            grouped(bound.above_at_most)
        ),
    );
}

/// Lines that begin with a word.
struct Lines(String);

impl Lines {
    fn line(&mut self, word: &str, text: &str) {
        let _ = writeln!(self.0, "{word:<9}  {text}");
    }

    fn store(&mut self, word: &str, store: &StoreReport, what: &str) {
        let StoreReport { slots, occupied_peak, occupied_end, .. } = store;
        self.line(
            word,
            &format!("{} slots, {} bytes; {what}", grouped(slots), grouped(store.bytes)),
        );
        let share = |occupied: usize| {
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            format!("{} ({})", grouped(occupied), percent(count(occupied), count(*slots)))
        };
        let (peak, end) = (share(*occupied_peak), share(*occupied_end));
        self.line("occupied", &format!("{peak} at the peak, {end} at the end"));
        self.line(
            "evicted",
            &format!(
                "{} who still owed; {} newcomers inherited the debt",
                grouped(store.evicted),
                grouped(store.inherited)
            ),
        );
    }
}

/// A number whose thousands are parted: `1,234,567`.
pub(super) fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (digit, left) in digits.chars().zip((0..digits.len()).rev()) {
        text.push(digit);
        if left > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
    }
    text
}

/// Cut, not rounded: only all of them are 100 %.
fn percent(part: u64, whole: u64) -> String {
    let thousandths = u128::from(part).saturating_mul(1_000).checked_div(whole.into());
    match thousandths {
        None => "-".to_owned(),
        Some(share) => format!("{}.{} %", share / 10, share % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(above: u64, bound: Bound) -> Report {
        let group = GroupReport {
            side: "hostile",
            group: "greedy:1/s".to_owned(),
            clients: Some(1),
            sent: 5,
            served: 3,
            refused: 2,
            allowed: 3,
            above,
        };
        Report {
            quota: "1 request per second".to_owned(),
            strict_window: false,
            seconds: 60,
            seed: 0,
            groups: vec![group],
            store: StoreReport::default(),
            bound,
        }
    }

    #[test]
    fn more_than_promised_is_told_and_is_no_success() {
        // What was served above a quota, whether debts are inherited, served in all, at most.
        for (above, strict, served, at_most, holds) in [
            (0, true, 10, 10, true),
            (0, true, 11, 10, false),
            (1, true, 3, 10, false),
            (1, false, 3, 10, true),
            (1, false, 11, 10, false),
        ] {
            let report = report(above, Bound::Local(LocalReport { strict, served, at_most }));
            assert_eq!(report.holds(), holds);
            assert_eq!(text(&report).contains("MORE THAN PROMISED"), !holds);
        }
        for (above, above_at_most, holds) in [(0, 0, true), (8, 8, true), (9, 8, false)] {
            let shared = SharedReport { above, above_at_most, ..SharedReport::default() };
            let report = report(above, Bound::Shared(shared));
            assert_eq!(report.holds(), holds);
            assert_eq!(text(&report).contains("MORE THAN PROMISED"), !holds);
        }
    }

    #[test]
    fn parts_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (123_456, "123,456"),
            (1 << 30, "1,073,741,824"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn tells_shares_that_are_not_too_good() {
        for (part, whole, text) in [
            (0, 0, "-"),
            (0, 5, "0.0 %"),
            (1, 3, "33.3 %"),
            (999_999, 1_000_000, "99.9 %"),
            (7, 7, "100.0 %"),
            (u64::MAX, u64::MAX, "100.0 %"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
    }
}
