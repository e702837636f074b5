//! Who asks most.

use maud::{Markup, html};
use rempart_core::IpPrefix;
use rempart_monitor::{AnomalyDetector, Standing};

use super::card::Card;
use super::words::{counted, long};

/// What the detector knows at one moment.
pub(super) struct Clients {
    busiest: Vec<Standing>,
    networks: Vec<Standing>,
    tracked: usize,
    threshold: u32,
}

impl Clients {
    pub(super) fn of(detector: &AnomalyDetector) -> Self {
        Self {
            busiest: detector.busiest(ROWS),
            networks: detector.busiest_networks(ROWS),
            tracked: detector.tracked(),
            threshold: detector.policy().threshold(),
        }
    }

    pub(super) fn markup(&self) -> Markup {
        let rate = self.busiest.first().map_or(0.0, |busiest| busiest.rate);
        let card = Card {
            id: "clients",
            title: "Busiest clients",
            big: format!("{rate:.1}"),
            unit: "requests a second, the busiest",
        };
        card.around(&html! {
            @if self.busiest.is_empty() {
                p .nothing { "No client has met a limit in the last ten seconds. What has none, as preflights, is not counted here." }
            } @else {
                (table("Client", &self.busiest))
                (table("Network", &self.networks))
                p .aside {
                    (counted(u64::try_from(self.tracked).unwrap_or(u64::MAX), "client is", "clients are"))
                    " watched. A client is abnormal from " (self.threshold) " points on, a network later."
                }
            }
        })
    }
}

fn table(head: &str, standings: &[Standing]) -> Markup {
    let most = standings.iter().map(|standing| standing.rate).fold(0.1, f64::max);
    html! {
        table .clients {
            thead { tr {
                th scope="col" { (head) }
                th scope="col" { "Per second" }
                th scope="col" { "Points" }
            } }
            tbody {
                @for standing in standings {
                    tr .some[standing.abnormal || standing.banned.is_some()] {
                        th scope="row" { (who(standing.who)) }
                        td .rate {
                            (format!("{:.1}", standing.rate))
                            svg .meter viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                                rect .served width=(format!("{:.1}", 100.0 * standing.rate / most)) height="8" {}
                            }
                        }
                        td {
                            (points(standing.score))
                            @if let Some(left) = standing.banned {
                                small { "banned for " (long(left)) }
                            } @else if standing.abnormal {
                                small { "abnormal" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A prefix; of a single address, the address.
pub(super) fn who(prefix: IpPrefix) -> String {
    let whole = if prefix.network().is_ipv4() { 32 } else { 128 };
    if prefix.length() == whole { prefix.network().to_string() } else { prefix.to_string() }
}

/// Rounded down: who has the points that are abnormal is abnormal.
fn points(score: f64) -> String {
    format!("{:.0}", score.floor())
}

const ROWS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_below_a_threshold_is_not_shown_as_one_that_is_there() {
        for (score, text) in [(0.0, "0"), (0.4, "0"), (9.5, "9"), (9.99, "9"), (10.0, "10")] {
            assert_eq!(points(score), text, "{score}");
        }
    }
}
