//! A panic in a process of its own: nothing of its message reaches an output as it was.

use std::process::Command;
use std::{env, io, thread};

use rempart_redact::install_panic_hook;
use rempart_testing::canary;

use crate::{CANARY, with_canary};

const ROLE: &str = "REMPART_REDACT_TEST_PANICS";

/// The child: run by the test below, and nothing by itself.
#[test]
fn child() {
    let Ok(role) = env::var(ROLE) else { return };
    if role != "unprotected" {
        let _ = install_panic_hook(with_canary(), io::stderr());
    }
    let message =
        format!("left {CANARY} right, card 4111 1111 1111 1111,\npin: 47110815, neighbour 7");
    let panic = move || match role.as_str() {
        "owned" | "unprotected" => panic!("{message}"),
        "unwrapped" => "no number".parse::<u8>().map(drop).map_err(|_| message).unwrap(),
        "expected" => env::var_os("REMPART_REDACT_NOT_SET").map(drop).expect(&message),
        _ => std::panic::panic_any(message),
    };
    // In a thread with a name of its own, that it shows as well.
    thread::Builder::new().name("worker".into()).spawn(panic).unwrap().join().unwrap_err();
}

fn output_of(role: &str, backtrace: &str) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "panics::child", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env("RUST_BACKTRACE", backtrace)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn no_output_of_a_panicking_process_shows_the_secret() {
    for role in ["owned", "unwrapped", "expected", "any"] {
        for backtrace in ["0", "full"] {
            let output = output_of(role, backtrace);
            canary::assert_absent(&output, CANARY);
            // Long enough that no address in a backtrace and no thread's number holds one by chance.
            for hidden in ["1111 1111", "47110815"] {
                assert!(!output.contains(hidden), "{role}: {output}");
            }
            let line = output.lines().find(|line| line.contains("panicked at")).unwrap();
            for shown in
                ["thread 'worker'", "panics.rs:", "left [REDACTED:secret/CANARY]", "neighbour 7"]
            {
                assert!(line.contains(shown), "{role}: {shown}: {line}");
            }
        }
    }
}

#[test]
fn without_the_hook_the_test_sees_the_leak() {
    assert!(canary::found(output_of("unprotected", "0").as_bytes(), CANARY.as_bytes()).is_some());
}
