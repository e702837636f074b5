//! `compare` prints the table, `gate` fails a check; `pauses` and `threads` look where means do not.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use rempart_benches::allocator::Switched;
use rempart_benches::gate::{self, Key, Record};
use rempart_benches::measure::instructions::{self, Callgrind};
use rempart_benches::pauses::{self, Pauses};
use rempart_benches::threads::{self, Shared};
use rempart_benches::{Case, cases, compare};
use serde::Serialize;

#[global_allocator]
static ALLOCATOR: Switched = Switched;

/// Rempart beside its rivals.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Compares the answers, then times and counts both sides; a line a case
    Compare(Compare),
    /// Fails if something got dearer than the record or a ceiling allows
    Gate(Gate),
    /// The longest decision at a million keys; fails if one of ours takes more than 100 us
    Pauses(Table),
    /// One thread and two, on one key and on many
    Threads(Table),
    /// What `compare` and `gate` run under valgrind
    #[command(hide = true)]
    RunSide { case: String, side: String, repeats: u32 },
}

#[derive(Args)]
struct Table {
    /// A JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Compare {
    /// Only cases whose name holds this
    #[arg(long, default_value = "")]
    only: String,
    /// A JSON object a line
    #[arg(long)]
    json: bool,
    /// How many rounds are timed
    #[arg(long, default_value_t = 81)]
    rounds: usize,
    /// Count no instructions, even where valgrind is installed
    #[arg(long)]
    no_instructions: bool,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Gate {
    /// Only cases whose name holds this
    #[arg(long, default_value = "")]
    only: String,
    /// Writes the record anew instead of holding the counts against it; say why in the commit
    #[arg(long)]
    record: bool,
    /// Plants an allocation in every case of ours, which the gate must find
    #[arg(long)]
    plant: bool,
    /// Count no instructions, even where valgrind is installed
    #[arg(long)]
    no_instructions: bool,
    /// Time nothing
    #[arg(long)]
    no_times: bool,
}

fn main() -> ExitCode {
    match Cli::parse().verb {
        Verb::Compare(options) => compare(&options),
        Verb::Gate(options) => gate(&options),
        Verb::Pauses(options) => pauses(&options),
        Verb::Threads(options) => threads(&options),
        Verb::RunSide { case, side, repeats } => run_side(&case, &side, repeats),
    }
}

fn compare(options: &Compare) -> ExitCode {
    let callgrind = find_callgrind(options.no_instructions);
    let mut lines = Vec::new();
    let mut agreed = true;
    for case in cases::matching(&options.only) {
        match compare::compare(&case, options.rounds, callgrind.as_ref()) {
            Ok(line) if options.json => match serde_json::to_string(&line) {
                Ok(line) => println!("{line}"),
                Err(error) => eprintln!("{}: {error}", case.name),
            },
            Ok(line) => {
                println!("{}", line.answer_text());
                lines.push(line);
            }
            Err(it) => {
                eprintln!("{}: answers differ: {:?}, the rival's {:?}", it.case, it.ours, it.rival);
                agreed = false;
            }
        }
    }
    if !lines.is_empty() {
        println!("\n{}", compare::heading());
    }
    for line in lines {
        println!("{}", line.to_text());
    }
    if agreed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn gate(options: &Gate) -> ExitCode {
    let callgrind = find_callgrind(options.no_instructions);
    let key = Key::here(callgrind.as_ref());
    let cases: Vec<Case> = cases::matching(&options.only)
        .into_iter()
        .map(|case| {
            if options.plant {
                Case { ours: case.ours.with_planted_allocation(), ..case }
            } else {
                case
            }
        })
        .collect();
    let (counted, mut faults) = gate::count(&cases, callgrind.as_ref());
    let record = Record::read(RECORD).unwrap_or_else(|error| {
        eprintln!("no record: {error}");
        Record::default()
    });
    faults.extend(gate::against_ceilings(&cases, &counted));
    if !options.no_times {
        // What is recorded is what it is; what fails a check is more than noise.
        let slack = if options.record { 1.0 } else { gate::TIME_SLACK };
        faults.extend(gate::against_times(&cases, TIMED_ROUNDS, slack));
    }
    if options.record {
        if let Err(error) = record.renewed(key, &counted, &faults).write(RECORD) {
            eprintln!("{RECORD}: {error}");
            return ExitCode::FAILURE;
        }
        for fault in &faults {
            println!("RECORDED {fault}");
        }
        return ExitCode::SUCCESS;
    }
    let same_key = record.key == key;
    if !same_key && callgrind.is_some() {
        println!("the record's instructions are another build's and were not held against:");
        println!("  recorded {:?}\n  here     {key:?}", record.key);
    }
    faults.extend(gate::against_record(&counted, &record, same_key));
    let (faults, owed) = gate::without_debts(faults, &record, &cases, &counted);
    for fault in &owed {
        println!("OWED  {fault}");
    }
    for fault in &faults {
        println!("FAULT {fault}");
    }
    println!("{} cases, {} owed, {} faults", cases.len(), owed.len(), faults.len());
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn pauses(options: &Table) -> ExitCode {
    let measured = Pauses::measure();
    print(options, &pauses::heading(), &measured, |line| line.to_text());
    if measured.iter().any(Pauses::is_too_long) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn threads(options: &Table) -> ExitCode {
    print(options, &threads::heading(), &Shared::measure(), |line| line.to_text());
    ExitCode::SUCCESS
}

fn print<L: Serialize>(options: &Table, heading: &str, lines: &[L], to_text: fn(&L) -> String) {
    if !options.json {
        println!("{heading}");
    }
    for line in lines {
        match serde_json::to_string(line) {
            Ok(line) if options.json => println!("{line}"),
            Ok(_) => println!("{}", to_text(line)),
            Err(error) => eprintln!("{error}"),
        }
    }
}

fn run_side(name: &str, side: &str, repeats: u32) -> ExitCode {
    let found = cases::matching(name).into_iter().find(|case| case.name == name);
    let run = found.ok_or_else(|| format!("there is no case {name:?}"));
    match run.and_then(|case| instructions::run_side(&case, side, repeats)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn find_callgrind(unwanted: bool) -> Option<Callgrind> {
    let found = if unwanted { None } else { Callgrind::find() };
    if found.is_none() {
        eprintln!("no valgrind: instructions are not counted");
    }
    found
}

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/record.json");
const TIMED_ROUNDS: usize = 41;
