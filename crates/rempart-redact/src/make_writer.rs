use std::fmt;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

use crate::Redactor;
use crate::text::Lines;
use crate::writer::Bounded;

/// Redacts what a formatter of `tracing-subscriber` writes: messages, fields, spans, errors.
///
/// One event stays one line: a line break within it is written as `\n`, so that no value can begin
/// a line of its own. Colours are dropped. Clean records pass without an allocation.
///
/// ```
/// use rempart_redact::{Policy, RedactMakeWriter, Redactor};
///
/// # fn main() -> Result<(), rempart_redact::ConfigErrors> {
/// let redactor = Redactor::new(Policy::builder("logs").build()?);
/// let subscriber = tracing_subscriber::fmt()
///     .json()
///     .with_writer(RedactMakeWriter::new(redactor, std::io::stderr))
///     .finish();
/// # let _ = subscriber;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedactMakeWriter<M> {
    inner: M,
    redactor: Redactor,
    lines: Lines,
}

impl<M> RedactMakeWriter<M> {
    /// Writes to what `inner` makes.
    pub const fn new(redactor: Redactor, inner: M) -> Self {
        Self { inner, redactor, lines: Lines::Escape }
    }

    /// Keeps line breaks, for formatters that write an event on several lines. A value that holds
    /// one can then pass for an event.
    #[must_use]
    pub const fn multiline(mut self) -> Self {
        self.lines = Lines::Keep;
        self
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for RedactMakeWriter<M> {
    type Writer = RecordWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        RecordWriter::new(self.inner.make_writer(), self.redactor.clone(), self.lines)
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Self::Writer {
        RecordWriter::new(self.inner.make_writer_for(meta), self.redactor.clone(), self.lines)
    }
}

// By hand: `M` is often a function.
impl<M> fmt::Debug for RedactMakeWriter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactMakeWriter")
            .field("redactor", &self.redactor)
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}

/// Writes one record, redacted, at once: when a write ends a line, or when it is dropped.
pub struct RecordWriter<W: Write> {
    inner: W,
    redactor: Redactor,
    lines: Lines,
    record: Bounded,
}

impl<W: Write> RecordWriter<W> {
    const fn new(inner: W, redactor: Redactor, lines: Lines) -> Self {
        // The bound is asked for when something has to wait, which formatters do not do.
        Self { inner, redactor, lines, record: Bounded::new(0) }
    }

    fn end(&mut self) -> io::Result<()> {
        let record = std::mem::replace(&mut self.record, Bounded::new(0));
        self.write_record(&record.bytes, record.lost)
    }

    fn write_record(&mut self, record: &[u8], lost: usize) -> io::Result<()> {
        let text = record.strip_suffix(b"\n").unwrap_or(record);
        let redacted = self.redactor.record(text, lost, self.lines);
        if redacted.as_bytes() == text && lost == 0 {
            return self.inner.write_all(record);
        }
        let mut redacted = redacted.into_owned();
        redacted.push('\n');
        // One call: two could be parted by another thread's record.
        self.inner.write_all(redacted.as_bytes())
    }
}

impl<W: Write> Write for RecordWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let ends = bytes.ends_with(b"\n");
        if ends && self.record.bytes.is_empty() {
            self.write_record(bytes, 0)?;
        } else {
            if self.record.bytes.is_empty() {
                self.record = Bounded::new(self.redactor.max_record());
            }
            self.record.push(bytes);
            if ends {
                self.end()?;
            }
        }
        Ok(bytes.len())
    }

    /// Flushes what was written. A record that did not end stays: half a secret is not recognised.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RecordWriter<W> {
    fn drop(&mut self) {
        if !self.record.bytes.is_empty() {
            // There is nobody to tell.
            let _ = self.end();
        }
    }
}

// By hand: what waits in it was not redacted yet.
impl<W: Write> fmt::Debug for RecordWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordWriter")
            .field("redactor", &self.redactor)
            .field("waiting", &self.record.bytes.len())
            .finish_non_exhaustive()
    }
}
