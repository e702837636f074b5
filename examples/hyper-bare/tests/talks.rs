//! Starts the example and talks to it.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::process::Command;

use rempart_testing::wire::{Program, raw, send};

/// The example of GitHub's documentation.
const SECRET: &str = "It's a Secret to Everybody";
const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

fn start() -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hyper-bare"));
    Program::start(command.arg("127.0.0.1:0").env("WEBHOOK_SECRET", SECRET))
}

#[test]
fn serves_what_is_signed_and_refuses_the_rest() {
    let program = start();
    let signed = [("x-hub-signature-256", SIGNATURE)];
    let served = send(program.addr(), "POST /", &signed, b"Hello, World!").unwrap();
    assert_eq!((served.status, &*served.text()), (200, "13 bytes signed by 2026-q4\n"));
    let forged = send(program.addr(), "POST /", &signed, b"Hello, World?").unwrap();
    assert_eq!(forged.status, 401);
    assert_eq!(forged.header("www-authenticate"), Some("Signature"));
    assert_eq!(forged.header("x-frame-options"), Some("DENY"));
}

#[test]
fn takes_a_body_that_comes_in_chunks() {
    let program = start();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Hub-Signature-256: {SIGNATURE}\r\n\
         Transfer-Encoding: chunked\r\n\r\n7\r\nHello, \r\n6\r\nWorld!\r\n0\r\n\r\n"
    );
    let answer = raw(program.addr(), request.as_bytes()).unwrap();
    assert_eq!((answer.status, &*answer.text()), (200, "13 bytes signed by 2026-q4\n"));
}

#[test]
fn limits_each_client() {
    let program = start();
    let ask = || send(program.addr(), "POST /", &[], b"").unwrap();
    assert!((0..10).all(|_| ask().status == 401));
    let limited = ask();
    assert_eq!(limited.status, 429);
    let wait: u32 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait));
}
