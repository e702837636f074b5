use super::Rule;
use super::ask::{Answer, Ask};
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
use crate::session::life;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    let (_, first) = stage.session().await;
    let answer = stage.send(refresh(&first)).await;
    let (access, second) = (answer.text("/access_token"), answer.text("/refresh_token"));
    let list = stage.send(calls(&access)).await;
    let row = Row::good("N1", Rule::Sessions, "refresh, then GET /api/calls");
    let got = format!("expires in {} s, {}", answer.json("/expires_in"), list.status());
    table.push(row.judge("expires in 900 s, 200", got));

    let mut got = Tally::default();
    for ask in [refresh(&first), refresh(&second), calls(&access)] {
        got.count(challenge(&stage.send(ask).await));
    }
    let row = Row::hostile("N2", Rule::Sessions, "the used refresh token, and what it has begun");
    table.push(row.judge("3 × 401 Bearer", got.text()));

    let (_, token) = stage.session().await;
    let (one, other) = (stage.client(), stage.client());
    let (one, other) = (refresh(&token).from(one), refresh(&token).from(other));
    let (one, other) = tokio::join!(one.send(stage.public), other.send(stage.public));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    let row = Row::hostile("N3", Rule::Sessions, "one refresh token, twice at once").regardless();
    table.push(row.judge("200 and 401", statuses.join(" and ")));

    let (access, token) = stage.session().await;
    let logout = Ask::post("/auth/logout", "").bearer(&access);
    let row = Row::good("N4", Rule::Sessions, "sign out");
    table.push(row.judge("204", stage.send(logout.clone()).await.status()));

    let mut got = Tally::default();
    for ask in [calls(&access), refresh(&token), logout] {
        got.count(challenge(&stage.send(ask).await));
    }
    let row = Row::hostile("N5", Rule::Sessions, "both tokens after that");
    table.push(row.judge("3 × 401 Bearer", got.text()));

    let (_, token) = stage.session().await;
    stage.clock.advance(life::IDLE);
    let row = Row::hostile("N6", Rule::Sessions, "a session left alone for 14 days").regardless();
    table.push(row.judge("401 Bearer", challenge(&stage.send(refresh(&token)).await)));
}

fn refresh(token: &str) -> Ask {
    let body = serde_json::json!({ "refresh_token": token });
    Ask::post("/auth/refresh", body.to_string()).json()
}

fn calls(access: &str) -> Ask {
    Ask::get("/api/calls").bearer(access)
}

/// The status, and the scheme that it asks for.
fn challenge(answer: &Answer) -> String {
    let scheme = answer.header("www-authenticate").split(' ').next().unwrap_or_default();
    format!("{} {scheme}", answer.status())
}
