mod cases;
mod decide;
mod judge;
mod probe;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub(crate) use self::decide::cors_decide;
pub(crate) use self::probe::cors_probe;
use crate::failure::Failure;

/// The longest line of a case.
const MAX_LINE: usize = 1024 * 1024;

/// What the file that an option names holds, if that is no more than `most` bytes.
fn read(option: &str, path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let unfit = |what: &str| Failure::Usage(format!("{option}: {what}"));
    let file = File::open(path).map_err(|error| unfit(&error.kind().to_string()))?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unfit(&error.kind().to_string()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
        return Err(unfit(&format!("has more than {most} bytes")));
    }
    Ok(bytes)
}
