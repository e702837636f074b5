//! Instructions of a request, by callgrind: nearly as exact as allocations, and blind to the
//! hardware (no SHA extensions, no cache, no traps). Collection is on in one function alone, so
//! that setting up does not count.

use std::hint::black_box;
use std::mem;
use std::process::{Command, Stdio};

use super::Added;
use crate::{Case, Runner, Side};

/// The sub-command of the binary that runs under valgrind: a case, a side, how often.
pub const VERB: &str = "run-side";

/// Runs this binary under valgrind, again and again.
#[derive(Debug)]
pub struct Callgrind {
    version: String,
}

impl Callgrind {
    /// Looks for valgrind.
    #[must_use]
    pub fn find() -> Option<Self> {
        let output = Command::new("valgrind").arg("--version").output().ok()?;
        let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        output.status.success().then_some(Self { version })
    }

    /// Which valgrind it is.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Counts those of a case.
    ///
    /// # Errors
    ///
    /// What valgrind said, where it gave no count.
    pub fn measure(&self, case: &Case) -> Result<Added, String> {
        let bare = each(case, "bare")?;
        let ours = each(case, "ours")? - bare;
        let rival = case.rival.is_some().then(|| each(case, "rival")).transpose()?;
        Ok(Added { ours, rival: rival.map(|rival| rival - bare) })
    }
}

/// Instructions of one request on a side.
fn each(case: &Case, side: &str) -> Result<f64, String> {
    let repeats = repeats(case.name);
    let binary = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect=*{LOOP}*"))
        .arg(binary)
        .args([VERB, case.name, side, &repeats.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let total = said.lines().find_map(|line| line.split_once("Collected :"));
    let total = total.and_then(|(_, count)| count.trim().parse::<f64>().ok());
    match total.filter(|total| output.status.success() && *total > 0.0) {
        Some(total) => Ok(total / f64::from(repeats)),
        None => Err(format!("{} of {}: {said}", side, case.name)),
    }
}

/// What valgrind runs: the side is set up and warmed, then `measured_loop` is counted.
///
/// # Errors
///
/// The name of a side that the case does not have.
pub fn run_side(case: &Case, side: &str, repeats: u32) -> Result<(), String> {
    let side: &Side = match (side, &case.rival) {
        ("bare", _) => &case.bare,
        ("ours", _) => &case.ours,
        ("rival", Some(rival)) => rival,
        _ => return Err(format!("{} has no side {side:?}", case.name)),
    };
    fill_the_heap();
    measured_loop(&mut side.start(), black_box(repeats));
    Ok(())
}

/// Leaves no hole in the heap that a large block could come from or be joined to. What a side does
/// with one costs up to 400 instructions more or fewer by what was there before, and any change of
/// the program changes that.
fn fill_the_heap() {
    let filling: Vec<_> = (0..FILLING).map(|_| vec![0_u8; LARGE].into_boxed_slice()).collect();
    mem::forget(black_box(filling));
}

#[inline(never)]
fn measured_loop(runner: &mut Runner, repeats: u32) {
    for _ in 0..repeats {
        runner.run();
    }
}

/// Long bodies are slow in an emulator, and their loops are all the same.
fn repeats(name: &str) -> u32 {
    if name.ends_with("/1m") {
        3
    } else if name.ends_with("/16k") {
        50
    } else {
        500
    }
}

const LOOP: &str = "measured_loop";

/// In bytes: glibc keeps smaller blocks in lists by their size, whatever stands beside them.
const LARGE: usize = 1_040;
/// Two megabytes of them.
const FILLING: usize = 2_048;
