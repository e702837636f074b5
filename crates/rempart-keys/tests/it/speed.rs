//! What loading costs: printed, and never judged by a clock that others share.

use std::fmt::Write;
use std::time::Instant;

use rempart_keys::{Kind, Loader, Profile, Schema, Variable};

use crate::folder::Folder;

/// A third each from the environment, from `.env` and from files.
#[test]
#[ignore = "prints a figure for a reader: run with --nocapture, in release"]
fn loading_32_variables_from_three_kinds_of_source() {
    let folder = Folder::new();
    let names: Vec<&'static str> =
        (0..32).map(|n| &*Box::leak(format!("SECRET_{n}").into_boxed_str())).collect();
    let variable =
        |name: &&'static str| Variable::new(name, Kind::Text).rotated_every(Variable::QUARTERLY);
    let schema = Schema::new(names.iter().map(variable)).unwrap();
    let value = |name: &str| format!("made-up-secret-of-32-bytes-for-{name}");
    let (mut environment, mut dotenv) = (Vec::new(), String::new());
    for (place, name) in names.iter().enumerate() {
        match place % 3 {
            0 => environment.push(((*name).to_owned(), value(name))),
            1 => writeln!(dotenv, "{name}='{}' # made up", value(name)).unwrap(),
            _ => {
                let file = folder.file(name, value(name)).to_str().unwrap().to_owned();
                environment.push((format!("{name}_FILE"), file));
            }
        }
    }
    let dotenv = folder.file(".env", dotenv);
    let mut times: Vec<_> = (0..1_000)
        .map(|_| {
            let environment = environment.clone();
            let start = Instant::now();
            let sources = Loader::new(&schema, Profile::Production).environment(environment);
            let loaded = sources.dotenv(&dotenv).load().unwrap();
            let time = start.elapsed();
            assert_eq!(loaded.entries().count(), 32);
            time
        })
        .collect();
    times.sort_unstable();
    println!("32 variables: median {:?}, 99 of 100 within {:?}", times[500], times[990]);
}
