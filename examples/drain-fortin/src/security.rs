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

use std::time::Duration;

use axum::extract::State;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rempart_headers::Nonce;
use rempart_monitor::Snapshot;
use tokio::task::spawn_blocking;

use self::alerts::Alert;
use self::clients::Clients;
use self::hour::Hour;
use self::summary::{Summary, Tone, mark};
use crate::app::App;
use crate::fault::Fault;

/// `GET /security`
pub(crate) async fn page(State(app): State<App>, nonce: Nonce) -> Result<Markup, Fault> {
    // It goes through the table of all clients.
    let page = spawn_blocking(move || render(&app, nonce.as_str()));
    page.await.map_err(|_| Fault::Internal)
}

fn render(app: &App, nonce: &str) -> Markup {
    let ages = app.monitor.ages(&app.keys);
    let oldest = ages.into_iter().max_by_key(|(_, age)| *age);
    let snapshot = app.monitor.history.snapshot();
    let clients = Clients::of(&app.monitor.detector);
    document(
        nonce,
        &View { alerts: alerts::judge(&snapshot, oldest), snapshot: &snapshot, clients },
    )
}

/// What there is to show.
struct View<'a> {
    snapshot: &'a Snapshot,
    alerts: Vec<Alert>,
    clients: Clients,
}

fn document(nonce: &str, view: &View<'_>) -> Markup {
    let summary = Summary::of(&view.alerts);
    html! {
        (DOCTYPE)
        html lang="en-CA" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (summary.text) " – Drain Fortin, security" }
                style nonce=(nonce) { (PreEscaped(STYLE)) }
                noscript { meta http-equiv="refresh" content="10"; }
            }
            body {
                (plot::patterns())
                header .top {
                    h1 { "Drain Fortin " span { "security, the last hour" } }
                    p .beat {
                        span #beat { "Reload to see what happened since." }
                        button #pause type="button" hidden { "Pause" }
                    }
                }
                p #said .unseen role="status" {}
                (live(&summary, view))
                footer {
                    "Counted by this process since it started, in slots of ten seconds. "
                    a href="/metrics" { "Metrics" } " · " a href="/keys" { "Keys" }
                }
                script nonce=(nonce) { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// What is fetched anew every few seconds.
fn live(summary: &Summary, view: &View<'_>) -> Markup {
    let hour = Hour::new(view.snapshot);
    let now = view.snapshot.now();
    html! {
        main #live {
            div class=(format!("state {}", summary.tone.as_str())) {
                (mark(summary.tone.as_str()))
                p {
                    strong #state { (summary.text) }
                    span .aside { (since(&hour, summary.tone)) }
                }
                p .asof { "as of " time #asof { (words::second(now)) } " UTC" }
            }
            (summary::alerts(&view.alerts))
            div .grid {
                (plots::requests(&hour))
                (plots::authentications(&hour))
                (plots::cross_origin(&hour))
                (latency::latency(&hour))
                (limits::limits(&hour))
                (view.clients.markup())
            }
            (refusals::refusals(view.snapshot.refusals()))
        }
    }
}

/// The line under the state: how much of the hour is known, if not all of it.
fn since(hour: &Hour<'_>, tone: Tone) -> String {
    let age = hour.snapshot.age();
    if age < Duration::from_secs(3600) {
        return format!("Running for {}: what was before is veiled.", words::long(age));
    }
    match tone {
        Tone::Calm => "No alert fires or is about to.".to_owned(),
        Tone::Watch => "Over its limit; it fires if it stays there.".to_owned(),
        Tone::Alarm => "The details are below, with what to do.".to_owned(),
    }
}

const STYLE: &str = include_str!("security/style.css");
const SCRIPT: &str = include_str!("security/live.js");
