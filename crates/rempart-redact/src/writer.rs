use std::fmt;
use std::io::{self, Write};

use crate::Redactor;
use crate::text::Lines;

/// Redacts a stream of lines on its way to a writer.
///
/// A line is written when it is whole, so a value that comes in pieces is seen whole; the last one
/// is written by [`finish`](Self::finish), or when the writer is dropped. A line longer than the
/// policy's longest record is cut, and the rest of it is neither kept nor shown. The lines of a
/// private key go with its first.
///
/// ```
/// use std::io::Write;
/// use rempart_redact::{Policy, RedactWriter, Redactor};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let redactor = Redactor::new(Policy::builder("logs").build()?);
/// let mut writer = RedactWriter::new(redactor, Vec::new());
/// write!(writer, "hello password=hun")?;
/// write!(writer, "ter22 bye\n")?;
/// assert_eq!(writer.finish()?, b"hello password=[REDACTED:db_conn_password] bye\n");
/// # Ok(())
/// # }
/// ```
pub struct RedactWriter<W: Write> {
    // Only `finish` takes it.
    inner: Option<W>,
    redactor: Redactor,
    line: Bounded,
    /// How many lines of a private key may still come.
    key_lines: usize,
}

/// The lines that the longest private keys have, twice over: past it the beginning was no key's.
const KEY_LINES: usize = 256;

impl<W: Write> RedactWriter<W> {
    /// Writes to `inner` what `redactor` makes of each line.
    pub fn new(redactor: Redactor, inner: W) -> Self {
        let line = Bounded::new(redactor.max_record());
        Self { inner: Some(inner), redactor, line, key_lines: 0 }
    }

    /// Writes the last line, if it did not end, and gives the writer back.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_line(b"")?;
        let mut inner = self.inner.take().ok_or(io::ErrorKind::BrokenPipe)?;
        inner.flush()?;
        Ok(inner)
    }

    fn end_line(&mut self, end: &[u8]) -> io::Result<()> {
        let Some(inner) = &mut self.inner else { return Ok(()) };
        let line = self.line.bytes.as_slice();
        if line.is_empty() && end.is_empty() {
            return Ok(());
        }
        let hidden = self.key_lines > 0 && is_key_line(line);
        self.key_lines = match private_key(line) {
            Some(Block::Begins) => KEY_LINES,
            None if hidden => self.key_lines.saturating_sub(1),
            Some(Block::Ends) | None => 0,
        };
        let written = if hidden {
            Ok(())
        } else {
            let carriage = line.strip_suffix(b"\r").filter(|_| !end.is_empty());
            let text = self.redactor.record(carriage.unwrap_or(line), self.line.lost, Lines::Keep);
            let end: &[u8] = if carriage.is_some() { b"\r\n" } else { end };
            inner.write_all(text.as_bytes()).and_then(|()| inner.write_all(end))
        };
        self.line.clear();
        written
    }
}

impl<W: Write> Write for RedactWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at_checked(at).unwrap_or_default();
            self.line.push(line);
            rest = after.get(1..).unwrap_or_default();
            self.end_line(b"\n")?;
        }
        self.line.push(rest);
        Ok(bytes.len())
    }

    /// Flushes what was written. A line that did not end stays: half a secret is not recognised.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl<W: Write> Drop for RedactWriter<W> {
    fn drop(&mut self) {
        // There is nobody to tell; `finish` tells.
        let _ = self.end_line(b"");
    }
}

// By hand: what waits in it was not redacted yet.
impl<W: Write> fmt::Debug for RedactWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactWriter")
            .field("redactor", &self.redactor)
            .field("waiting", &self.line.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Bytes that wait, up to a bound; those past it are counted.
pub(crate) struct Bounded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lost: usize,
    most: usize,
}

impl Bounded {
    /// What is kept from one record to the next; a longer buffer is given back.
    const KEPT: usize = 64 * 1024;

    pub(crate) const fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), lost: 0, most }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let room = self.most.saturating_sub(self.bytes.len()).min(bytes.len());
        let (kept, lost) = bytes.split_at_checked(room).unwrap_or_default();
        self.bytes.extend_from_slice(kept);
        self.lost = self.lost.saturating_add(lost.len());
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(Self::KEPT);
        self.lost = 0;
    }
}

enum Block {
    Begins,
    Ends,
}

/// Whether a line holds the last beginning or end of a private key.
fn private_key(line: &[u8]) -> Option<Block> {
    let find = |word: &[u8]| line.windows(word.len()).rposition(|window| window == word);
    let (begin, end) = (find(b"-----BEGIN "), find(b"-----END "));
    let is_key = find(b"KEY-----").is_some() || find(b"KEY BLOCK-----").is_some();
    match (begin, end) {
        (Some(begin), end) if end.is_none_or(|end| end < begin) => {
            (is_key && find(b"PRIVATE ").is_some()).then_some(Block::Begins)
        }
        (_, Some(_)) => Some(Block::Ends),
        _ => None,
    }
}

/// Whether a line can stand in a block of a private key: Base64, a field of its head, its end.
fn is_key_line(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let base64 = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
    };
    let fields: [&[u8]; 5] = [b"Proc-Type:", b"DEK-Info:", b"Version:", b"Comment:", b"-----END "];
    line.iter().all(base64) || fields.iter().any(|field| line.starts_with(field))
}
