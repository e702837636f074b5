//! The gate opens for what is, and shuts on an allocation that nobody asked for.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use rempart_benches::gate::{Counted, Fault, Record, Recorded, against_record, without_debts};
use rempart_benches::measure::Added;
use rempart_benches::{Case, Ceiling, Side};

fn gate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rempart-benches"))
        .args(["gate", "--only", "headers/", "--no-instructions", "--no-times"])
        .args(arguments)
        .output()
        .expect("the binary of this package")
}

#[test]
fn opens_for_what_is() {
    let output = gate(&[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn shuts_on_a_planted_allocation() {
    let output = gate(&["--plant"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("FAULT headers/replace/8: 4 allocations, 3 in the record"), "{said}");
    assert!(said.contains("FAULT headers/replace/8: 4.00, above 3 allocations"), "{said}");
}

fn counted(allocations: f64, instructions: f64) -> Counted {
    let one = |ours| BTreeMap::from([("a/case", Added { ours, rival: None })]);
    Counted { allocations: one(allocations), instructions: one(instructions) }
}

fn record(instructions: f64) -> Record {
    let recorded = Recorded { allocations: 3.0, instructions: Some(instructions) };
    Record { cases: BTreeMap::from([("a/case".to_owned(), recorded)]), ..Record::default() }
}

#[test]
fn holds_counts_against_the_record() {
    #[rustfmt::skip]
    let rows = [
        // recorded  allocations  instructions  same build  shut
        (10_000.0,   3.0,         10_000.0,     true,       false),
        (10_000.0,   3.0,          5_000.0,     true,       false),
        (10_000.0,   3.0,         10_200.0,     true,       false),
        (10_000.0,   3.0,         10_201.0,     true,       true),
        // Two in a hundred of a small count are less than a hash seed moves.
        (   100.0,   3.0,            140.0,     true,       false),
        (   100.0,   3.0,            141.0,     true,       true),
        // Another build's instructions say nothing of this one's; allocations do.
        (10_000.0,   3.0,         20_000.0,     false,      false),
        (10_000.0,   4.0,         10_000.0,     false,      true),
        (10_000.0,   2.0,         10_000.0,     true,       true),
        (10_000.0,   3.01,        10_000.0,     true,       true),
    ];
    for (row, (recorded, allocations, instructions, same, shut)) in rows.into_iter().enumerate() {
        let faults = against_record(&counted(allocations, instructions), &record(recorded), same);
        assert_eq!(!faults.is_empty(), shut, "row {row}: {faults:?}");
    }
    let unknown = against_record(&counted(3.0, 1.0), &Record::default(), true);
    assert!(matches!(unknown[..], [Fault::NotRecorded { case: "a/case" }]));
}

#[test]
fn a_debt_is_told_and_a_paid_one_is_to_be_recorded() {
    let ceiling = Ceiling::Allocations(2.0);
    let case = Case {
        name: "a/case",
        bare: Side::nothing(),
        ours: Side::nothing(),
        rival: None,
        projection: "nothing",
        ceilings: vec![ceiling],
    };
    let fault = Fault::Above { case: "a/case", ceiling, got: 3.0 };
    let owing = Record { owed: fault.debt().into_iter().collect(), ..Record::default() };
    let cases = [case];
    let parts = |faults, record: &Record| {
        let (faults, owed) = without_debts(faults, record, &cases, &counted(3.0, 1.0));
        (faults.len(), owed.len())
    };
    let empty = Record::default();
    assert_eq!(parts(vec![fault.clone()], &empty), (1, 0), "nobody owned to it");
    assert_eq!(parts(vec![fault], &owing), (0, 1), "known");
    assert_eq!(parts(vec![], &owing), (1, 0), "paid, and still in the record");
}
