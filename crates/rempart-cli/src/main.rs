#![doc = include_str!("../README.md")]

mod args;
mod body;
mod client;
mod failure;
mod field;
mod lines;
mod secrets;
mod stamp;
mod table;
mod verb;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use self::args::{Args, Command, CorsCommand, LimitCommand};
use self::failure::Failure;
use self::verb::Verdict;

fn main() -> ExitCode {
    let outcome = Args::try_parse().map_err(Failure::from).and_then(|args| run(args.command));
    match outcome {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::from(1),
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<Verdict, Failure> {
    let (input, mut output) = (io::stdin().lock(), io::stdout().lock());
    match command {
        Command::Sign(args) => verb::sign(&args, input, &mut output),
        Command::Verify(args) => verb::verify(&args, input, &mut output),
        Command::Cors(CorsCommand::Decide(args)) => verb::cors_decide(&args, input, &mut output),
        Command::Cors(CorsCommand::Probe(args)) => verb::cors_probe(&args, &mut output),
        Command::Keys(args) => verb::keys(&args, input, &mut output),
        Command::Limit(LimitCommand::Simulate(args)) => verb::limit_simulate(&args, &mut output),
        Command::Scrub(args) => verb::scrub(&args, input, &mut output),
    }
}
