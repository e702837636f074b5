use rempart_redact::{Detector, Policy, Redactor};

use crate::examples::examples;

/// A policy with this detector alone.
fn only(id: &str) -> Redactor {
    let mut builder = Policy::builder("one");
    for detector in Detector::catalog() {
        if detector.id() == id {
            builder = builder.enable(id);
        } else {
            builder = builder.dangerously_disable(detector.id());
        }
    }
    Redactor::new(builder.build().unwrap())
}

#[test]
fn every_detector_has_examples_and_every_example_a_detector() {
    let mut known: Vec<_> =
        Detector::catalog().map(|it| (it.id().to_owned(), it.is_default())).collect();
    let mut exampled: Vec<_> = examples().into_iter().map(|row| (row.id, row.default)).collect();
    known.sort();
    exampled.sort();
    assert_eq!(known, exampled);
    assert_eq!(known.len(), 59);
    assert_eq!(known.iter().filter(|(_, default)| *default).count(), 55);
}

#[test]
fn finds_what_it_is_for() {
    for row in examples() {
        let redactor = only(&row.id);
        for text in &row.found {
            let redacted = redactor.redact(text);
            let marked = redacted.contains(&format!("[REDACTED:{}", row.id))
                || redacted.contains("[REDACTED:key]");
            assert!(marked, "{}: {text} -> {redacted}", row.id);
        }
    }
}

#[test]
fn leaves_what_only_looks_like_it() {
    for row in examples() {
        let redactor = only(&row.id);
        for text in &row.left {
            let redacted = redactor.redact(text);
            assert!(!redacted.contains(&format!("[REDACTED:{}", row.id)), "{}: {redacted}", row.id);
        }
    }
}
