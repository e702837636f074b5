use rempart_core::Clock;
use serde_json::{Value, json};

use super::Rule;
use super::ask::{Answer, Ask};
use super::forge;
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
use crate::Part;
use crate::policy::CRM;
use crate::session::life;
use crate::user::DEV_ADMIN;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    let login = Stage::login(&stage.keys.password);
    let answer = stage.send(login).await;
    let token = answer.text("/access_token");
    let list = stage.send(calls().bearer(&token)).await;
    let row = Row::good("T1", Rule::TokensExpire, "sign in, then GET /api/calls");
    let got = format!("expires in {} s, {}", answer.json("/expires_in"), list.status());
    table.push(row.judge("expires in 900 s, 200", got));

    let mut got = Tally::default();
    got.count(challenge(&stage.send(calls()).await));
    let row = Row::hostile("T2", Rule::TokensExpire, "GET /api/calls without a token");
    table.push(row.judge("1 × 401 Bearer", got.text()));

    let mut got = Tally::default();
    for forged in forgeries(stage, &token) {
        got.count(challenge(&stage.send(calls().bearer(&forged)).await));
    }
    let row = Row::hostile(
        "T3",
        Rule::TokensExpire,
        "no end, past, too long, future, no audience, none, altered, twice",
    );
    table.push(row.judge("8 × 401 Bearer", got.text()));

    stage.clock.advance(life::ACCESS);
    let row = Row::hostile("T4", Rule::TokensExpire, "the good token, 15 minutes later");
    table.push(row.judge("401 Bearer", challenge(&stage.send(calls().bearer(&token)).await)));

    service_role(stage, table).await;
    browser(stage, table).await;
    egress(stage, table).await;
}

/// Tokens that are signed with the right key but for the last three, and good for nothing.
fn forgeries(stage: &Stage, good: &str) -> [String; 8] {
    let now = stage.clock.unix().as_secs();
    let claims = |iat: u64, exp: u64| {
        json!({
            "iss": "drain-fortin", "aud": "drain-fortin-api", "sub": DEV_ADMIN, "role": "admin",
            "iat": iat, "exp": exp,
        })
    };
    let sign = |claims: Value| forge::sign(&stage.keys.tokens, &claims);
    let without = |mut claims: Value, name: &str| {
        claims.as_object_mut().map(|claims| claims.remove(name));
        claims
    };
    let life = life::ACCESS.as_secs();
    let end = now.saturating_add(life);
    let (header, middle, tag) = split(good);
    // {"alg":"none","typ":"JWT"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{middle}.");
    let altered = format!("{header}.{middle}A.{tag}");
    [
        sign(without(claims(now, end), "exp")),
        sign(claims(now.saturating_sub(life), now)),
        sign(claims(now, end.saturating_add(1))),
        sign(claims(now.saturating_add(600), end)),
        sign(without(claims(now, end), "aud")),
        none,
        altered,
        format!("{good}{good}"),
    ]
}

fn split(token: &str) -> (&str, &str, &str) {
    let mut parts = token.split('.');
    let mut part = || parts.next().unwrap_or_default();
    (part(), part(), part())
}

async fn service_role(stage: &mut Stage, table: &mut Table) {
    let keys = stage.keys.all.clone();
    let paths = [
        "/",
        "/healthz",
        "/api/calls",
        "/api/leads",
        "/.well-known/security.txt",
        "/nowhere",
        "/.env",
        "/data/dev-secrets.env",
    ];
    let token = stage.token().await;
    let (mut shown, mut served) = (0_usize, 0_usize);
    for path in paths {
        let answer = stage.send(Ask::get(path).bearer(&token)).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let headers = format!("{:?}", answer.headers);
        let leak = keys.iter().any(|key| text.contains(key) || headers.contains(key));
        shown = shown.saturating_add(usize::from(leak));
        served = served.saturating_add(1);
    }
    let row = Row::good("T5", Rule::ServiceRole, "every kind of answer, searched for secrets");
    table.push(
        row.judge("8 answers, 0 with a secret", format!("{served} answers, {shown} with a secret")),
    );

    // Whoever sends the key shall not get it back.
    let service_role = &stage.keys.service_role.clone();
    let mut shown = 0_usize;
    for ask in [
        Ask::get(format!("/{service_role}?apikey={service_role}")),
        Ask::get("/healthz").header("apikey", service_role).header("origin", service_role),
        Ask::post("/auth/login", format!("{{\"email\":\"{service_role}\"}}")).json(),
        Ask::get("/api/calls").bearer(service_role),
    ] {
        let answer = stage.send(ask).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let headers = format!("{:?}", answer.headers);
        let leak = text.contains(service_role) || headers.contains(service_role);
        shown = shown.saturating_add(usize::from(leak));
    }
    let row = Row::hostile("T6", Rule::ServiceRole, "the key in path, query, headers, body, token");
    table.push(row.judge("0 answers echo it", format!("{shown} answers echo it")));
}

/// What a page holds that should not hold it.
async fn browser(stage: &mut Stage, table: &mut Table) {
    let key = stage.keys.service_role.clone();
    let role = json!({ "role": "service_role", "exp": 9_999_999_999_u64 });
    let legacy = forge::sign(&stage.keys.tokens, &role);
    let mut got = Tally::default();
    for ask in [
        calls().bearer(&key).header("origin", CRM),
        calls().bearer(&legacy).header("sec-fetch-site", "cross-site"),
        calls().header("apikey", &key).header("origin", CRM),
        Ask::get(format!("/api/calls?apikey={key}")).header("sec-fetch-mode", "cors"),
    ] {
        let answer = stage.send(ask).await;
        got.count(format!("{} {}", answer.status(), answer.text("/code")));
    }
    let row = Row::hostile("T7", Rule::ServiceRole, "the key, or a token of its role, from a page");
    let row = row.also(Part::BrowserGuard);
    table.push(row.judge("4 × 403 browser_credential", got.text()));
}

/// A record that holds the key, as somebody may have entered it by mistake.
async fn egress(stage: &mut Stage, table: &mut Table) {
    let key = stage.keys.service_role.clone();
    let token = stage.token().await;
    let lead = json!({ "name": "Jeanne", "note": format!("paste of {key}") }).to_string();
    let mut got = Tally::default();
    for ask in [Ask::post("/api/leads", lead).json(), Ask::get("/api/leads")] {
        let answer = stage.send(ask.bearer(&token)).await;
        let shown = String::from_utf8_lossy(&answer.body).contains(&key);
        let shown = if shown { "with the key" } else { "without it" };
        got.count(format!("{} {}, {shown}", answer.status(), answer.text("/code")));
    }
    let row =
        Row::hostile("T8", Rule::ServiceRole, "a lead that holds the key, entered and listed");
    let row = row.also(Part::EgressGuard).also(Part::Token);
    table.push(row.judge("2 × 500 response_withheld, without it", got.text()));
}

fn calls() -> Ask {
    Ask::get("/api/calls")
}

/// The status, and the scheme that it asks for.
fn challenge(answer: &Answer) -> String {
    let scheme = answer.header("www-authenticate").split(' ').next().unwrap_or_default();
    format!("{} {scheme}", answer.status())
}
