//! Signing in tells nothing apart but a right password.

use http::{HeaderMap, Request};

use crate::house::{FORM, House, PASSWORD, post};

#[tokio::test]
async fn answers_an_unknown_user_a_malformed_address_and_a_wrong_password_alike() {
    let house = House::open().await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("admin@example.test", "made-up-and-wrong-password"),
        ("nobody@example.test", PASSWORD),
        ("no address", PASSWORD),
        ("admin@example.test", ""),
    ] {
        let answer = house.login(email, password).await;
        let names: Vec<_> = answer.headers().keys().cloned().collect();
        answers.push((answer.status(), names, answer.into_body()));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    house.close().await;
}

#[tokio::test]
async fn takes_an_address_in_any_case_and_gives_a_token_that_opens_the_lists() {
    let house = House::open().await;
    let answer = house.login(" Admin@Example.TEST ", PASSWORD).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let token = crate::house::json(&answer)["access_token"].as_str().unwrap().to_owned();
    assert_eq!(house.list("/api/messages", &token).await, serde_json::json!({ "items": [] }));
    house.close().await;
}

#[tokio::test]
async fn formats_nothing_that_holds_a_secret_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = crate::house::config(folder.path());
    let log = drain_fortin::Log::to(&config, std::io::sink).unwrap();
    let shown = format!("{config:?}{config:#?}{log:?}");
    let running = drain_fortin::serve_without(config, None, log).await.unwrap();
    let shown = format!("{shown}{running:?}{running:#?}");
    running.stop.gracefully().await;
    for secret in [crate::house::VAPI, crate::house::TWILIO, PASSWORD, crate::house::TOKENS] {
        rempart_testing::canary::assert_absent(&shown, secret);
    }
}

#[tokio::test]
async fn takes_json_only_and_bounds_the_password() {
    let house = House::open().await;
    let form = house.send(post("/auth/login", HeaderMap::new(), FORM, "email=a&password=b")).await;
    assert_eq!(form.status(), 415);
    let long = house.login("admin@example.test", &"a".repeat(4096)).await;
    assert_eq!(long.status(), 400);
    let request = Request::get("/auth/login").body(String::new()).unwrap();
    let get = house.send(request).await;
    assert_eq!((get.status().as_u16(), &get.headers()["allow"]), (405, &"POST".parse().unwrap()));
    house.close().await;
}

#[tokio::test]
async fn does_not_let_a_token_in_twice_or_under_another_scheme() {
    let house = House::open().await;
    let token = house.token().await;
    let get = || Request::get("/api/calls");
    let bearer = format!("Bearer {token}");
    for request in [
        get().header("authorization", &bearer).header("authorization", &bearer),
        get().header("authorization", format!("Basic {token}")),
        get().header("authorization", &token),
        get().header("apikey", &token),
    ] {
        let answer = house.send(request.body(String::new()).unwrap()).await;
        assert_eq!(answer.status(), 401);
    }
    house.close().await;
}
