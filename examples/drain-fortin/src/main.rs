//! The command `drain-fortin`.

use std::process::ExitCode;

fn main() -> ExitCode {
    drain_fortin::main()
}
