//! `GET /security` of the administration: the last hour at a glance.
//!
//! Everything is drawn here, from what the monitor remembers; what runs in the browser only asks
//! for the page again. It loads nothing from anywhere, and nothing that a client made up is on it
//! but for its address.

mod alerts;
mod card;
mod clients;
mod hour;
mod latency;
mod limits;
mod plot;
mod plots;
mod refusals;
mod summary;
mod words;

use axum::extract::{RawQuery, State};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rempart_headers::{MissingNonce, Nonce};
use rempart_monitor::{History, Snapshot};
use tokio::task::spawn_blocking;

use self::alerts::Alert;
use self::clients::Clients;
use self::hour::Hour;
use self::summary::{Summary, mark};
use crate::app::App;
use crate::fault::Fault;

/// `GET /security`, and `GET /security?live` for what changes: a style or a script that came with
/// that would bear another nonce than the page that asks.
pub(crate) async fn page(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    nonce: Result<Nonce, MissingNonce>,
) -> Result<Markup, Fault> {
    let nonce = nonce.ok().filter(|_| query.is_none_or(|query| query != "live"));
    // It goes through the table of all clients.
    let page = spawn_blocking(move || render(&app, nonce.as_ref().map(Nonce::as_str)));
    page.await.map_err(|_| Fault::Internal)
}

/// With a nonce the whole page, without one what changes of it.
fn render(app: &App, nonce: Option<&str>) -> Markup {
    let ages = app.monitor.ages(&app.keys);
    let oldest = ages.into_iter().max_by_key(|(_, age)| *age);
    let stale: Vec<_> = app.stale().filter(|(_, stale)| *stale).map(|(name, _)| name).collect();
    let snapshot = app.monitor.history.snapshot();
    let clients = Clients::of(&app.monitor.detector);
    let alerts = alerts::judge(&snapshot, oldest, &stale);
    let summary = Summary::of(&alerts);
    let live = live(&summary, &snapshot, &alerts, &clients);
    html! {
        (DOCTYPE)
        html lang="en-CA" {
            head {
                meta charset="utf-8";
                title { (summary.text) " – Drain Fortin, security" }
                @if let Some(nonce) = nonce { (head(nonce)) }
            }
            body {
                @if let Some(nonce) = nonce { (around(&live, nonce)) } @else { (live) }
            }
        }
    }
}

fn head(nonce: &str) -> Markup {
    html! {
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        style nonce=(nonce) { (PreEscaped(STYLE)) }
        noscript { meta http-equiv="refresh" content="10"; }
    }
}

fn around(live: &Markup, nonce: &str) -> Markup {
    html! {
        (plot::patterns())
        header .top {
            h1 { "Drain Fortin " span { "security, the last hour" } }
            p .beat {
                span #beat { "Loaded anew every 10 s." }
                button #pause type="button" hidden { "Pause" }
            }
        }
        p #said .unseen role="status" {}
        (live)
        footer {
            "Counted by this process since it started, in slots of ten seconds. "
            a href="/metrics" { "Metrics" } " · " a href="/keys" { "Keys" }
        }
        script nonce=(nonce) { (PreEscaped(SCRIPT)) }
    }
}

/// What is fetched anew every few seconds.
fn live(summary: &Summary, snapshot: &Snapshot, alerts: &[Alert], clients: &Clients) -> Markup {
    let hour = Hour::new(snapshot);
    html! {
        main #live {
            div class=(format!("state {}", summary.tone.as_str())) {
                (mark(summary.tone.as_str()))
                p {
                    strong #state { (summary.text) }
                    span .aside { (summary.tone.advice()) }
                }
                p .asof {
                    "as of " time #asof { (words::second(snapshot.now())) } " UTC"
                    @if snapshot.age() < History::SPAN {
                        span { "running for " (words::long(snapshot.age())) }
                    }
                }
            }
            (summary::alerts(alerts))
            div .grid {
                (plots::requests(&hour))
                (plots::authentications(&hour))
                (plots::cross_origin(&hour))
                (latency::latency(&hour))
                (limits::limits(&hour))
                (clients.markup())
            }
            (refusals::refusals(snapshot.refusals()))
        }
    }
}

const STYLE: &str = include_str!("security/style.css");
const SCRIPT: &str = include_str!("security/live.js");
