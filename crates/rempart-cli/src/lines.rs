use std::io::{BufRead, BufReader, Read};

use crate::failure::Failure;

/// One line of an input, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// The whole line.
    Whole(&'a [u8]),
    /// The line has more bytes than are kept: its first ones, and how many more there are.
    Cut(&'a [u8], u64),
}

/// Reads line by line, and keeps no more of one than its limit.
pub(crate) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    limit: usize,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self::with_capacity(64 * 1024, input, limit)
    }

    fn with_capacity(capacity: usize, input: R, limit: usize) -> Self {
        Self { input: BufReader::with_capacity(capacity, input), line: Vec::new(), limit }
    }

    /// Whether reading on may have to wait: the time to let go of what was written.
    pub(crate) fn may_wait(&self) -> bool {
        self.input.buffer().is_empty()
    }

    /// The next line, and how it ends: `\n`, `\r\n`, or with the input.
    pub(crate) fn next(&mut self) -> Result<Option<(Line<'_>, &'static [u8])>, Failure> {
        self.line.clear();
        // Room for the longest end.
        let most = u64::try_from(self.limit).unwrap_or(u64::MAX).saturating_add(2);
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.line);
        if read.map_err(|error| Failure::input(&error))? == 0 {
            return Ok(None);
        }
        let end = end_of(&self.line);
        self.line.truncate(self.line.len().saturating_sub(end.len()));
        let beyond = self.line.len().saturating_sub(self.limit);
        if beyond == 0 {
            return Ok(Some((Line::Whole(&self.line), end)));
        }
        self.line.truncate(self.limit);
        let beyond = u64::try_from(beyond).unwrap_or(u64::MAX);
        let (beyond, end) = if end.is_empty() { self.skip(beyond)? } else { (beyond, end) };
        Ok(Some((Line::Cut(&self.line, beyond), end)))
    }

    /// Passes over the rest of a line, and counts it.
    fn skip(&mut self, mut passed: u64) -> Result<(u64, &'static [u8]), Failure> {
        loop {
            let chunk = self.input.fill_buf().map_err(|error| Failure::input(&error))?;
            let line = chunk.iter().position(|byte| *byte == b'\n');
            let length = line.unwrap_or(chunk.len());
            let is_over = chunk.is_empty();
            let end: &'static [u8] = if line.is_some() { b"\n" } else { b"" };
            self.input.consume(length.saturating_add(end.len()));
            passed = passed.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
            if is_over || !end.is_empty() {
                return Ok((passed, end));
            }
        }
    }
}

fn end_of(line: &[u8]) -> &'static [u8] {
    match line {
        [.., b'\r', b'\n'] => b"\r\n",
        [.., b'\n'] => b"\n",
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line as text, how many bytes of it are beyond the limit of 5, and its end.
    fn all(text: &[u8], capacity: usize) -> Vec<(String, u64, &'static [u8])> {
        let mut lines = Lines::with_capacity(capacity, text, 5);
        let mut all = Vec::new();
        while let Some((line, end)) = lines.next().unwrap() {
            let (bytes, beyond) = match line {
                Line::Whole(bytes) => (bytes, 0),
                Line::Cut(bytes, beyond) => (bytes, beyond),
            };
            all.push((String::from_utf8(bytes.to_vec()).unwrap(), beyond, end));
        }
        all
    }

    #[test]
    fn keeps_each_end_and_cuts_what_is_too_long() {
        let line = |text: &str, end: &'static [u8]| (text.to_owned(), 0, end);
        let cut = |text: &str, beyond, end: &'static [u8]| (text.to_owned(), beyond, end);
        for (text, want) in [
            (&b""[..], vec![]),
            (b"\n", vec![line("", b"\n")]),
            (b"ab", vec![line("ab", b"")]),
            (b"ab\ncd\r\n", vec![line("ab", b"\n"), line("cd", b"\r\n")]),
            (b"abcde\nf", vec![line("abcde", b"\n"), line("f", b"")]),
            (b"abcde\r\nf", vec![line("abcde", b"\r\n"), line("f", b"")]),
            (b"abcdef\nf", vec![cut("abcde", 1, b"\n"), line("f", b"")]),
            (b"abcdefghijkl\nf", vec![cut("abcde", 7, b"\n"), line("f", b"")]),
            (b"abcdefghijkl", vec![cut("abcde", 7, b"")]),
            (b"a\rb\n", vec![line("a\rb", b"\n")]),
        ] {
            // Buffers of every size: lines lie across their ends in every way.
            for capacity in 1..20 {
                assert_eq!(all(text, capacity), want, "{}, {capacity}", text.escape_ascii());
            }
        }
    }
}
