//! What `ops/` asks Prometheus, Grafana and fail2ban for is what the service gives.

mod dashboard;
mod exposition;
mod filter;
mod prometheus;
mod promql;
mod promtool;
mod rules;
mod runbook;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A file of `ops/`.
fn path(name: &str) -> PathBuf {
    let ops = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ops");
    ops.canonicalize().unwrap().join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// What a tool of Debian's prints, if it ends well.
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{stdout}{}", String::from_utf8_lossy(&stderr));
    stdout
}
