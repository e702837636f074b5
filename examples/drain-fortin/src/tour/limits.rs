use std::time::Duration;

use super::Rule;
use super::ask::{Answer, Ask, Client};
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
use crate::Part;
use crate::policy::CRM;

/// A class of the policy: its requests are sent unsigned and without a token, since the limit
/// stands before such checks.
struct Class {
    rule: Rule,
    ids: [&'static str; 4],
    requests: [&'static str; 4],
    quota: u32,
    expected: &'static str,
    /// After the last moment of the window.
    renewed: &'static str,
    routes: &'static [fn() -> Ask],
}

const CLASSES: [Class; 3] = [
    Class {
        rule: Rule::LimitWebhook,
        ids: ["L1", "L2", "L3", "L4"],
        requests: [
            "10 webhooks at once, over both routes",
            "the 11th",
            "one 59 s later",
            "one a second after that",
        ],
        quota: 10,
        expected: "10 × served; webhook, 0 left",
        renewed: "served, 9 left",
        routes: &[vapi, twilio],
    },
    Class {
        rule: Rule::LimitApi,
        ids: ["L5", "L6", "L7", "L8"],
        requests: [
            "100 API requests at once, over all routes",
            "the 101st",
            "one 59 s later",
            "one a second after that",
        ],
        quota: 100,
        expected: "100 × served; api, 0 left",
        renewed: "served, 99 left",
        routes: &[calls, call, messages, leads],
    },
    Class {
        rule: Rule::LimitAuth,
        ids: ["L9", "L10", "L11", "L12"],
        requests: ["5 logins at once", "the 6th", "one 59 s later", "one a second after that"],
        quota: 5,
        expected: "5 × served; auth, 0 left",
        renewed: "served, 4 left",
        routes: &[login],
    },
];

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    for class in CLASSES {
        let client = stage.client();
        let ask = async |nth: u32| {
            let routes = class.routes.iter().cycle();
            let route = routes.take(usize::try_from(nth).unwrap_or_default()).last();
            let ask = route.map_or_else(calls, |route| route());
            ask.from(client).send(stage.public).await
        };
        let (mut served, mut last) = (Tally::default(), String::new());
        for nth in 1..=class.quota {
            let answer = ask(nth).await;
            served.count(if answer.is(429) { "429" } else { "served" }.to_owned());
            last = left(&answer);
        }
        let [all, over, early, again] = class.ids;
        let [first, one_more, later, after] = class.requests;
        let row = Row::good(all, class.rule, first);
        table.push(row.judge(class.expected, format!("{}; {last}", served.text())));
        let row = Row::hostile(over, class.rule, one_more);
        table.push(row.judge(A_MINUTE, retry(&ask(1).await)));
        stage.clock.advance(Duration::from_secs(59));
        let row = Row::hostile(early, class.rule, later);
        table.push(row.judge("429, Retry-After 1", retry(&ask(1).await)));
        stage.clock.advance(Duration::from_secs(1));
        let row = Row::good(again, class.rule, after);
        table.push(row.judge(class.renewed, one_of(&ask(1).await)));
    }
    everywhere(stage, table).await;
    addresses(stage, table).await;
}

async fn everywhere(stage: &mut Stage, table: &mut Table) {
    let mut named = Vec::new();
    for path in ["/", "/reports", "/nowhere"] {
        let answer = stage.send(Ask::get(path)).await;
        let policy = answer.header("ratelimit-policy").split(';').next().unwrap_or_default();
        named.push(policy.trim_matches('"').to_owned());
    }
    let row = Row::good("L13", Rule::LimitEverywhere, "GET /, /reports, /nowhere");
    table.push(row.judge("page, reports, unmatched", named.join(", ")));

    for (id, request, path) in [
        ("L14", "the 101st GET /", "/"),
        ("L15", "the 101st GET /reports", "/reports"),
        ("L16", "the 101st GET of paths that lead nowhere", "/nowhere"),
    ] {
        let client = stage.client();
        let mut last = Ask::get(path).from(client).send(stage.public).await;
        for _ in 0..100 {
            last = Ask::get(path).from(client).send(stage.public).await;
        }
        let row = Row::hostile(id, Rule::LimitEverywhere, request);
        table.push(row.judge(A_MINUTE, retry(&last)));
    }

    let client = stage.client();
    for _ in 0..5 {
        login().from(client).send(stage.public).await;
    }
    let ask = login().from(client).header("origin", CRM);
    let answer = ask.send(stage.public).await;
    let row =
        Row::hostile("L17", Rule::LimitEverywhere, "a 6th login from the CRM").also(Part::Cors);
    let readable = format!(
        "{}, readable by {}",
        answer.status(),
        answer.header("access-control-allow-origin"),
    );
    table.push(row.judge("429, readable by https://drain-fortin-crm.com", readable));
}

async fn addresses(stage: &mut Stage, table: &mut Table) {
    let drained = stage.client();
    for _ in 0..6 {
        login().from(drained).send(stage.public).await;
    }
    let row = Row::good("L18", Rule::ClientAddress, "a login beside a client that is refused");
    table.push(row.judge("served, 4 left", one_of(&stage.send(login()).await)));

    let client = stage.client();
    let mut last = None;
    for made_up in 0..6 {
        let hops = format!("198.51.100.{made_up}, {client}");
        last = Some(login().header("x-forwarded-for", hops).send(stage.public).await);
    }
    let row = Row::hostile("L19", Rule::ClientAddress, "6 logins, made-up hops before the proxy's");
    table.push(row.judge(A_MINUTE, last.as_ref().map_or_else(String::new, retry)));

    let mut last = None;
    for made_up in 0..6 {
        last = Some(login().from(Client(made_up)).send(stage.untrusting).await);
    }
    let row =
        Row::hostile("L20", Rule::ClientAddress, "6 logins, made-up addresses, no proxy trusted");
    table.push(row.judge(A_MINUTE, last.as_ref().map_or_else(String::new, retry)));
}

fn retry(answer: &Answer) -> String {
    format!("{}, Retry-After {}", answer.status(), answer.header("retry-after"))
}

/// What a client is told that has just used up its quota at one moment.
const A_MINUTE: &str = "429, Retry-After 60";

/// The policy and what is left of its quota, as the answer tells it: `"api";r=0;t=1`.
fn left(answer: &Answer) -> String {
    let mut parts = answer.header("ratelimit").split(';');
    let policy = parts.next().unwrap_or_default().trim_matches('"');
    let left = parts.find_map(|part| part.trim().strip_prefix("r=")).unwrap_or("nothing said");
    format!("{policy}, {left} left")
}

fn one_of(answer: &Answer) -> String {
    let left = left(answer);
    let left = left.split_once(", ").map_or("", |(_, left)| left);
    format!("{}, {left}", if answer.is(429) { "429" } else { "served" })
}

fn vapi() -> Ask {
    Ask::post("/webhooks/vapi", "{}")
}

fn twilio() -> Ask {
    Ask::post(super::stage::SMS, "a=b")
}

fn calls() -> Ask {
    Ask::get("/api/calls")
}

fn call() -> Ask {
    Ask::get("/api/calls/one")
}

fn messages() -> Ask {
    Ask::get("/api/messages")
}

fn leads() -> Ask {
    Ask::post("/api/leads", "{}").json()
}

/// Refused for its content type, before a password is looked at: a hash takes its time.
fn login() -> Ask {
    Ask::post("/auth/login", "{}")
}
