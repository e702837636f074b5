//! What `limit simulate` says of a limit is what the limit does.

mod bounds;
mod input;
mod sharing;
mod windows;

use serde_json::Value;

use crate::tool::{Run, run};

fn simulate(arguments: &str) -> Run {
    // A comma stands for a blank within an argument.
    let arguments: Vec<String> = arguments.split(' ').map(|part| part.replace(',', " ")).collect();
    let arguments = ["limit", "simulate"].into_iter().chain(arguments.iter().map(String::as_str));
    run(&arguments.collect::<Vec<_>>(), &[], b"")
}

/// What a run that keeps its promises says in JSON.
fn told(arguments: &str) -> Value {
    let run = simulate(&format!("{arguments} --json"));
    assert_eq!((run.code, &*run.stderr), (0, ""), "{arguments}");
    assert_eq!(run.stdout.matches('\n').count(), 1, "one line");
    serde_json::from_str(&run.stdout).unwrap()
}

fn number(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path} of {value}"))
}

const FLOOD: &str = "--quota 10/min --honest 200x0.1/s --honest 20x6/min,burst,3 \
    --hostile rotate:300/s --hostile rotate/56:2/s,steady --hostile greedy:20/s \
    --hostile flood:5x2/s --capacity 500 --seconds 30 --seed 7";

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = simulate(FLOOD);
    assert_eq!((run.code, &*run.stderr), (0, ""));
    assert_eq!(run.stdout, include_str!("limit/flood.txt"));
    assert_eq!(simulate(FLOOD).stdout, run.stdout);
    assert_ne!(simulate(&FLOOD.replace("--seed 7", "--seed 8")).stdout, run.stdout);
    assert_eq!(simulate(&format!("{FLOOD} --json")).stdout, include_str!("limit/flood.json"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_of_instances_too() {
    let shared = "--quota 100/s --honest 20x30/s --hostile greedy:500/s --hostile rotate:50/s \
        --instances 4 --lease 8 --store-down 4..6 --seconds 10 --capacity 1000";
    let run = simulate(shared);
    assert_eq!((run.code, &*run.stderr), (0, ""));
    assert_eq!(run.stdout, include_str!("limit/instances.txt"));
    let json = simulate(&format!("{shared} --json")).stdout;
    assert_eq!(json, include_str!("limit/instances.json"));
    assert_eq!(simulate(&format!("{shared} --seed 0 --json")).stdout, json);
}

#[test]
fn the_readme_shows_a_run() {
    let shown = simulate(
        "--quota 10,requests,per,minute --honest 1000x0.1/s --hostile rotate:5000/s \
         --hostile greedy:200/s --capacity 10000",
    );
    assert_eq!(shown.code, 0);
    assert!(include_str!("../../README.md").contains(&shown.stdout), "{}", shown.stdout);
}
