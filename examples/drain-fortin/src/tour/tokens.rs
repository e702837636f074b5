use rempart_core::Clock;

use super::Rule;
use super::ask::{Answer, Ask};
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
use crate::app::DEV_ADMIN;
use crate::token::{Claims, LIFE};
use crate::user::Role;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    let login = Stage::login(&stage.keys.password);
    let answer = stage.send(login).await;
    let token = answer.text("/access_token");
    let list = stage.send(calls().bearer(&token)).await;
    let row = Row::good("T1", Rule::TokensExpire, "sign in, then GET /api/calls");
    let got = format!("expires in {} s, {}", answer.json("/expires_in"), list.status());
    table.push(row.judge("expires in 3600 s, 200", got));

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
        "no end, past, too long, future, none, altered, twice as long",
    );
    table.push(row.judge("7 × 401 Bearer", got.text()));

    stage.clock.advance(LIFE);
    let row = Row::hostile("T4", Rule::TokensExpire, "the good token, an hour later");
    table.push(row.judge("401 Bearer", challenge(&stage.send(calls().bearer(&token)).await)));

    service_role(stage, table).await;
}

/// Tokens that are signed with the right key but for the last two, and good for nothing.
fn forgeries(stage: &Stage, good: &str) -> [String; 7] {
    let now = stage.clock.unix().as_secs();
    let sign = |iat: u64, exp: u64| {
        let claims = Claims {
            iss: "drain-fortin".to_owned(),
            sub: DEV_ADMIN.to_owned(),
            role: Role::Admin,
            iat,
            exp,
        };
        stage.keys.tokens.sign(&claims).unwrap_or_default()
    };
    let life = LIFE.as_secs();
    let endless =
        serde_json::json!({ "iss": "drain-fortin", "sub": DEV_ADMIN, "role": "admin", "iat": now });
    let (header, claims, tag) = split(good);
    // {"alg":"none","typ":"JWT"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
    let altered = format!("{header}.{claims}A.{tag}");
    [
        stage.keys.tokens.sign(&endless).unwrap_or_default(),
        sign(now.saturating_sub(life), now),
        sign(now, now.saturating_add(life.saturating_mul(2))),
        sign(now.saturating_add(600), now.saturating_add(900)),
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
    let [_, _, service_role, ..] = keys.as_slice() else { return };
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

fn calls() -> Ask {
    Ask::get("/api/calls")
}

/// The status, and the scheme that it asks for.
fn challenge(answer: &Answer) -> String {
    let scheme = answer.header("www-authenticate").split(' ').next().unwrap_or_default();
    format!("{} {scheme}", answer.status())
}
