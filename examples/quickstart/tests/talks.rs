//! Starts the example and talks to it as senders and strangers do.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::process::Command;

use rempart_testing::wire::{Program, send};

/// The example of GitHub's documentation.
const SECRET: &str = "It's a Secret to Everybody";
const SIGNED: &[u8] = b"Hello, World!";
const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

fn start() -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    Program::start(command.arg("127.0.0.1:0").env("WEBHOOK_SECRET", SECRET))
}

#[test]
fn serves_what_is_signed_and_refuses_the_rest() {
    let program = start();
    let post = |signature: &str, body: &[u8]| {
        let headers = [("x-hub-signature-256", signature), ("origin", "https://app.example.com")];
        send(program.addr(), "POST /hooks", &headers, body).unwrap()
    };
    let served = post(SIGNATURE, SIGNED);
    assert_eq!((served.status, &*served.text()), (200, "13 signed bytes\n"));
    let forged = post(SIGNATURE, b"Hello, World?");
    assert_eq!(forged.status, 401);
    // What stands outside has seen the refusal as well.
    for answer in [&served, &forged] {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.com"));
        assert!(answer.header("ratelimit").is_some());
    }
}

#[test]
fn limits_each_client() {
    let program = start();
    let statuses: Vec<_> =
        (0..11).map(|_| send(program.addr(), "POST /hooks", &[], b"").unwrap().status).collect();
    assert_eq!(statuses[..10], [401; 10]);
    assert_eq!(statuses[10], 429);
}

#[test]
fn does_not_start_without_a_secret() {
    for secret in [None, Some(""), Some("short")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
        command.arg("127.0.0.1:0").env_remove("WEBHOOK_SECRET");
        let output =
            command.envs(secret.map(|secret| ("WEBHOOK_SECRET", secret))).output().unwrap();
        assert!(!output.status.success(), "{secret:?}");
    }
}
