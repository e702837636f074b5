//! The seeds of the fuzz targets, replayed without a fuzzer.
#![cfg(all(
    feature = "cors",
    feature = "ecdsa",
    feature = "ed25519",
    feature = "headers",
    feature = "paypal",
    feature = "rate-limit",
    feature = "redact",
    feature = "signature",
    feature = "sns",
    feature = "token"
))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that panics has failed, as it should"
)]

#[expect(unreachable_pub, reason = "it is a crate of its own there")]
#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_seed_of_every_target_holds() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    for (target, _) in targets::TARGETS {
        let files = fs::read_dir(seeds.join(target)).unwrap();
        let mut replayed = 0;
        for file in files {
            let data = fs::read(file.unwrap().path()).unwrap();
            targets::run(target, &data);
            // Cut anywhere, a seed is an input as well.
            (0..data.len()).for_each(|end| targets::run(target, &data[..end]));
            replayed += 1;
        }
        assert!(replayed > 0, "{target} has no seed");
    }
}

#[test]
fn every_target_has_its_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    let fuzzers: BTreeSet<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    let stems = fuzzers.iter().map(|path| path.file_stem().unwrap().to_str().unwrap());
    let names = targets::TARGETS.iter().map(|(name, _)| *name);
    assert_eq!(stems.collect::<BTreeSet<_>>(), names.collect());
}
