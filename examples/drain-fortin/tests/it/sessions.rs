//! Sessions: renewed once by each refresh token, and over when they are said to be.

use std::fs;
use std::process::Command;
use std::time::Duration;

use http::HeaderMap;
use rusqlite::Connection;
use serde_json::json;

use crate::house::{House, PASSWORD, Pair, TOKENS, json as parsed, post};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn database(house: &House) -> Connection {
    let connection = Connection::open(house.folder.path().join("drain-fortin.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

fn count(house: &House, table: &str) -> u32 {
    let count = format!("SELECT count(*) FROM {table}");
    database(house).query_row(&count, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_login_gives_a_quarter_of_an_hour_and_what_renews_it() {
    let house = House::open().await;
    let answer = house.login("admin@example.test", PASSWORD).await;
    let body = parsed(&answer);
    let mut names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(900)));
    let Pair { access, .. } = Pair::of(&answer);
    house.clock.advance(Duration::from_secs(899));
    assert_eq!(house.status(&access).await, 200);
    house.clock.advance(Duration::from_secs(32));
    assert_eq!(house.status(&access).await, 401);
    house.close().await;
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_leaves_the_old_access_token_its_time() {
    let house = House::open().await;
    let first = house.pair().await;
    house.wait();
    let answer = house.refresh(&first.refresh).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(parsed(&answer)["expires_in"], 900);
    let second = Pair::of(&answer);
    assert_ne!(first.refresh, second.refresh);
    for access in [&first.access, &second.access] {
        assert_eq!(house.status(access).await, 200);
    }
    let third = Pair::of(&house.refresh(&second.refresh).await);
    assert_eq!(house.status(&third.access).await, 200);
    house.close().await;
}

#[tokio::test]
async fn a_refresh_token_that_was_used_ends_the_session_for_everybody() {
    let house = House::open().await;
    let (first, other) = (house.pair().await, house.pair().await);
    let second = Pair::of(&house.refresh(&first.refresh).await);
    house.wait();
    let third = Pair::of(&house.refresh(&second.refresh).await);
    // However long ago it was used.
    assert_eq!(house.refresh(&first.refresh).await.status(), 401);
    assert!(house.log.text().contains("replay.rejected"), "{}", house.log.text());
    for access in [&first.access, &second.access, &third.access] {
        assert_eq!(house.status(access).await, 401);
    }
    assert_eq!(house.refresh(&third.refresh).await.status(), 401);
    // Another session of the same user is none of the thief's.
    assert_eq!(house.status(&other.access).await, 200);
    assert_eq!(house.refresh(&other.refresh).await.status(), 200);
    house.close().await;
}

#[tokio::test]
async fn of_two_refreshes_at_once_exactly_one_succeeds() {
    let house = House::open().await;
    for _ in 0..8 {
        house.wait();
        let pair = house.pair().await;
        let (one, other) = tokio::join!(house.refresh(&pair.refresh), house.refresh(&pair.refresh));
        let mut statuses = [one.status().as_u16(), other.status().as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        // Nobody knows which of the two was the owner.
        assert_eq!(house.status(&pair.access).await, 401);
    }
    house.close().await;
}

#[tokio::test]
async fn every_refusal_of_a_refresh_looks_the_same() {
    let house = House::open().await;
    let pair = house.pair().await;
    let used = pair.refresh.clone();
    assert_eq!(house.refresh(&used).await.status(), 200);
    let mut answers = Vec::new();
    for token in [used.as_str(), "", "no token", &"A".repeat(64), &"A".repeat(65), &pair.access] {
        house.wait();
        let answer = house.refresh(token).await;
        let names: Vec<_> = answer.headers().keys().cloned().collect();
        answers.push((answer.status(), names, answer.into_body()));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    house.wait();
    let answer =
        house.send(post("/auth/refresh", HeaderMap::new(), "application/json", "{}")).await;
    assert_eq!(answer.status(), 400);
    house.close().await;
}

#[tokio::test]
async fn a_sign_out_ends_both_tokens_and_a_restart_revives_neither() {
    let house = House::open().await;
    let (pair, other) = (house.pair().await, house.pair().await);
    let answer = house.logout(&pair.access).await;
    assert_eq!((answer.status().as_u16(), answer.into_body()), (204, Vec::new()));
    let clock = house.clock.clone();
    let house = House::open_at(house.close().await, clock).await;
    assert_eq!(house.status(&pair.access).await, 401);
    assert_eq!(house.refresh(&pair.refresh).await.status(), 401);
    assert_eq!(house.logout(&pair.access).await.status(), 401);
    assert_eq!(house.status(&other.access).await, 200);
    house.close().await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_left_alone_and_at_last_in_any_case() {
    let house = House::open().await;
    let left_alone = house.pair().await;
    house.clock.advance(14 * DAY);
    assert_eq!(house.refresh(&left_alone.refresh).await.status(), 401);

    let mut pair = house.pair().await;
    for _ in 0..6 {
        house.clock.advance(13 * DAY);
        pair = Pair::of(&house.refresh(&pair.refresh).await);
    }
    house.clock.advance(12 * DAY);
    assert_eq!(house.refresh(&pair.refresh).await.status(), 401);
    assert_eq!(count(&house, "session"), 0);
    house.close().await;
}

#[tokio::test]
async fn a_refresh_gives_the_role_of_now_and_nothing_to_a_user_that_is_gone() {
    let house = House::open().await;
    let pair = house.pair().await;
    database(&house).execute("UPDATE user SET role = 'agent'", []).unwrap();
    let pair = Pair::of(&house.refresh(&pair.refresh).await);
    assert_eq!(claims(&pair.access)["role"], "agent");
    database(&house).execute("DELETE FROM user", []).unwrap();
    assert_eq!(house.refresh(&pair.refresh).await.status(), 401);
    house.close().await;
}

/// What an access token says.
fn claims(access: &str) -> serde_json::Value {
    use base64::Engine;
    let part = access.split('.').nth(1).unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&json).unwrap()
}

/// A token of these claims, as whoever else has the key could make it.
fn signed(claims: &serde_json::Value) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use hmac::{Hmac, KeyInit, Mac};
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let head = part(r#"{"alg":"HS256","typ":"JWT","kid":"env"}"#);
    let text = format!("{head}.{}", part(&claims.to_string()));
    let mac = Hmac::<sha2::Sha256>::new_from_slice(TOKENS.as_bytes()).unwrap();
    let tag = mac.chain_update(&text).finalize().into_bytes();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

#[tokio::test]
async fn a_token_that_could_not_be_taken_back_is_none() {
    let house = House::open().await;
    let mut claims = claims(&house.token().await);
    assert_eq!(house.status(&signed(&claims)).await, 200);
    for name in ["jti", "sub"] {
        let kept = claims.as_object_mut().unwrap().remove(name).unwrap();
        assert_eq!(house.status(&signed(&claims)).await, 401, "{name}");
        claims[name] = kept;
    }
    house.close().await;
}

#[tokio::test]
async fn the_database_holds_nothing_that_renews_a_session() {
    let house = House::open().await;
    let pair = house.pair().await;
    let next = Pair::of(&house.refresh(&pair.refresh).await);
    let folder = house.close().await;
    let stored = fs::read(folder.path().join("drain-fortin.db")).unwrap();
    for token in [&pair.refresh, &next.refresh] {
        use base64::Engine;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).unwrap();
        for part in [token.as_bytes(), &bytes[..16], &bytes[16..]] {
            assert!(!stored.windows(part.len()).any(|window| window == part));
        }
    }
}

#[tokio::test]
async fn keeps_so_many_sessions_of_a_user_and_forgets_what_is_over() {
    let house = House::open().await;
    let first = house.pair().await;
    for _ in 0..33 {
        house.clock.advance(Duration::from_secs(12));
        house.pair().await;
    }
    assert_eq!(count(&house, "session"), 32);
    assert_eq!(house.status(&first.access).await, 401);
    house.wait();
    assert_eq!(house.refresh(&first.refresh).await.status(), 401);
    house.clock.advance(15 * DAY);
    house.pair().await;
    assert_eq!((count(&house, "session"), count(&house, "access")), (1, 1));
    assert_eq!(count(&house, "revoked"), 0);
    house.close().await;
}

#[tokio::test]
async fn revokes_the_oldest_access_token_of_a_session_that_is_renewed_all_the_time() {
    let house = House::open().await;
    let first = house.pair().await;
    let mut pair = Pair { access: first.access.clone(), refresh: first.refresh };
    for _ in 0..32 {
        house.clock.advance(Duration::from_secs(12));
        pair = Pair::of(&house.refresh(&pair.refresh).await);
    }
    assert_eq!(house.status(&first.access).await, 401);
    assert_eq!(house.status(&pair.access).await, 200);
    assert_eq!(count(&house, "access"), 32);
    house.close().await;
}

#[tokio::test]
async fn takes_a_database_of_before_there_were_sessions() {
    let house = House::open().await;
    let pair = house.pair().await;
    let lead = json!({ "name": "Jeanne" }).to_string();
    let mut request = post("/api/leads", HeaderMap::new(), "application/json", &lead);
    let bearer = crate::house::bearer(&pair.access).parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    assert_eq!(house.send(request).await.status(), 201);
    let folder = house.close().await;
    let connection = Connection::open(folder.path().join("drain-fortin.db")).unwrap();
    connection
        .execute_batch(
            "DROP TABLE access; DROP TABLE session; DROP TABLE revoked; DROP TABLE signed_out;
             PRAGMA user_version = 1",
        )
        .unwrap();
    drop(connection);
    let house = House::open_in(folder).await;
    let pair = house.pair().await;
    assert_eq!(house.list("/api/leads", &pair.access).await["items"][0]["name"], "Jeanne");
    assert_eq!(house.refresh(&pair.refresh).await.status(), 200);
    house.close().await;
}

/// Runs `drain-fortin user VERB EMAIL` on the folder of a running service.
fn user(house: &House, verb: &str, email: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drain-fortin"));
    command.args(["user", verb, email, "--data"]).arg(house.folder.path()).env_clear();
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// Asks until the token is refused, and for much less than its life; the service looks at the
/// database once a second.
async fn is_refused_soon(house: &House, access: &str) -> bool {
    for _ in 0..600 {
        if house.status(access).await == 401 {
            return true;
        }
        // The limit's clock, and the service's own thread.
        house.clock.advance(Duration::from_millis(600));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn the_command_ends_the_sessions_of_a_user_of_a_running_service() {
    for verb in ["sign-out", "remove"] {
        let clock =
            rempart_core::ManualClock::at(rempart_core::Clock::unix(&rempart_core::SystemClock));
        let house = House::open_at(tempfile::tempdir().unwrap(), clock).await;
        let pair = house.pair().await;
        let (code, said) = user(&house, verb, "nobody@example.test");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("nobody@example.test is no user"), "{said}");
        assert_eq!(house.status(&pair.access).await, 200);
        let (code, said) = user(&house, verb, "admin@example.test");
        assert_eq!(code, Some(0), "{said}");
        // At once, without a look at anything.
        assert_eq!(house.refresh(&pair.refresh).await.status(), 401);
        assert!(is_refused_soon(&house, &pair.access).await, "{verb}");
        house.clock.advance(Duration::from_secs(60));
        let again = house.login("admin@example.test", PASSWORD).await.status().as_u16();
        assert_eq!(again, if verb == "remove" { 401 } else { 200 });
        house.close().await;
    }
}
