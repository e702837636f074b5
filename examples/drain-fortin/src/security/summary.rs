//! What a person on call sees first: whether anything is wrong, and what to do about it.

use maud::{Markup, html};

use super::alerts::{Alert, Severity, State};
use super::words::counted;

/// The state of everything in one line, in the title of the page too.
pub(super) struct Summary {
    pub(super) tone: Tone,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Calm,
    Watch,
    Alarm,
}

impl Tone {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Watch => "watch",
            Self::Alarm => "alarm",
        }
    }

    /// What to do with it.
    pub(super) const fn advice(self) -> &'static str {
        match self {
            Self::Calm => "No alert fires or is about to.",
            Self::Watch => "Over its limit; it fires if it stays there.",
            Self::Alarm => "What each means and what to do is below.",
        }
    }
}

impl Summary {
    pub(super) fn of(alerts: &[Alert]) -> Self {
        let names = |state| -> Vec<_> {
            let such = alerts
                .iter()
                .filter(|alert| alert.state == state && alert.severity > Severity::Info);
            such.map(|alert| alert.name).collect()
        };
        let (firing, pending) = (names(State::Firing), names(State::Pending));
        let count = |names: &[&str]| u64::try_from(names.len()).unwrap_or(u64::MAX);
        let (tone, text) = match (&*firing, &*pending) {
            ([], []) => (Tone::Calm, "All quiet".to_owned()),
            ([], [_, ..]) => (Tone::Watch, format!("{} rising", pending.join(", "))),
            (firing, _) => {
                (Tone::Alarm, format!("{} firing", counted(count(firing), "alert", "alerts")))
            }
        };
        Self { tone, text }
    }
}

pub(super) fn alerts(alerts: &[Alert]) -> Markup {
    let loud: Vec<_> = alerts.iter().filter(|alert| alert.state != State::Quiet).collect();
    let quiet: Vec<_> = alerts.iter().filter(|alert| alert.state == State::Quiet).collect();
    html! {
        section #alerts aria-labelledby="alerts-head" {
            h2 #alerts-head .unseen { "Alerts" }
            @if !loud.is_empty() {
                ul .alerts { @for alert in loud { (card(alert)) } }
            }
            details #alerts-quiet {
                summary #alerts-summary { (quiet.len()) " alerts are quiet" }
                table {
                    thead { tr {
                        th scope="col" { "Alert" } th scope="col" { "Now" } th scope="col" { "Limit" }
                    } }
                    tbody {
                        @for alert in quiet {
                            tr data-alert=(alert.name) data-state=(alert.state.as_str()) {
                                th scope="row" { (alert.name) }
                                td { (alert.now) }
                                td { (alert.limit) }
                            }
                        }
                    }
                }
                p .aside {
                    "Prometheus's to judge are ObserverPanics, of those who count, and "
                    "SecurityMetricsAbsent, of nobody who reads the figures."
                }
            }
        }
    }
}

fn card(alert: &Alert) -> Markup {
    let tone = match (alert.severity, alert.state) {
        (Severity::Info, _) => "note",
        (_, State::Firing) => "alarm",
        _ => "watch",
    };
    html! {
        li class=(tone) data-alert=(alert.name) data-state=(alert.state.as_str()) {
            p .name {
                (mark(tone))
                strong { (alert.name) }
                span .badge { (alert.severity.as_str()) ", " (alert.state.as_str()) }
            }
            p { (alert.means) }
            p .aside {
                (alert.now) "; " (alert.limit) ". "
                a href=(format!("{RUNBOOK}#{}", alert.name.to_ascii_lowercase())) rel="noreferrer" { "What to do" }
            }
        }
    }
}

/// A shape of its own for each tone.
pub(super) fn mark(tone: &str) -> Markup {
    html! {
        svg .mark viewBox="0 0 24 24" aria-hidden="true" {
            @match tone {
                "alarm" => { path .full d="M12 2 23 21H1z" {} path .cut d="M12 9v5m0 2.5v2" {} }
                "watch" => { path .hollow d="M12 4 21.5 20H2.5z" {} path .stroke d="M12 10v4m0 2v1.5" {} }
                "note" => { circle .hollow cx="12" cy="12" r="9.5" {} path .stroke d="M12 11v6m0-10v1.5" {} }
                _ => { circle .hollow cx="12" cy="12" r="9.5" {} path .stroke d="M7.5 12.5l3 3 6-6.5" {} }
            }
        }
    }
}

const RUNBOOK: &str = "https://github.com/rempart/rempart/blob/main/ops/runbook.md";
