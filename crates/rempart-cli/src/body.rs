use std::io::Read;

use crate::failure::Failure;

/// What standard input holds, and whether that is all of it.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) complete: bool,
}

/// Reads at most one byte more than `limit`: whatever follows changes nothing.
pub(crate) fn read(input: impl Read, limit: u64) -> Result<Body, Failure> {
    let mut bytes = Vec::new();
    input
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::input(&error))?;
    let complete = u64::try_from(bytes.len()).is_ok_and(|length| length <= limit);
    Ok(Body { bytes, complete })
}
