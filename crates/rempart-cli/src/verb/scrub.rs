use std::io::{self, Read, Write};

use rempart::redact::{Policy, Redactor};

use super::Verdict;
use crate::args::ScrubArgs;
use crate::failure::Failure;
use crate::lines::{Line, Lines};
use crate::secrets;

/// The longest line that is shown whole; of a longer one, the beginning is.
const MAX_LINE: usize = 1024 * 1024;

/// Copies the input to the output, redacted, line by line.
pub(crate) fn scrub(
    args: &ScrubArgs,
    input: impl Read,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    let mut policy = Policy::builder("rempart-scrub").max_record(MAX_LINE);
    for name in &args.secret_env {
        policy = policy.secret(name, &secrets::from_environment("--secret-env", name)?);
    }
    for key in &args.key {
        policy = policy.key(key);
    }
    let redactor = Redactor::new(policy.build().map_err(Failure::usage)?);

    let mut output = io::BufWriter::new(output);
    // One byte more than is shown: the engine then knows that a value may go on after the cut.
    let mut lines = Lines::new(input, MAX_LINE.saturating_add(1));
    let mut block = KeyBlock::Outside;
    loop {
        if lines.may_wait() {
            output.flush().map_err(Failure::stream)?;
        }
        let Some((line, end)) = lines.next()? else { break };
        let (bytes, beyond) = match line {
            Line::Whole(bytes) => (bytes, 0),
            Line::Cut(bytes, beyond) => (bytes, beyond),
        };
        let text = String::from_utf8_lossy(bytes);
        let Some(text) = block.shown(&text) else { continue };
        let shown = redactor.redact_line(text);
        let mut write = |bytes: &[u8]| output.write_all(bytes).map_err(Failure::stream);
        write(shown.as_bytes())?;
        if beyond > 0 {
            write(format!(" [{beyond} more bytes left out]").as_bytes())?;
        }
        write(end)?;
    }
    output.flush().map_err(Failure::stream)?;
    Ok(Verdict::Good)
}

/// Whether the lines are those of a private key ([RFC 7468]), whose beginning was hidden.
///
/// Only lines that can belong to a key are left out: whoever gets the words of its beginning into a
/// log does not silence the lines after it.
///
/// [RFC 7468]: https://www.rfc-editor.org/rfc/rfc7468
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyBlock {
    Inside,
    Outside,
}

impl KeyBlock {
    /// The part of a line that is not within a key; `None` for a line that is.
    fn shown<'t>(&mut self, line: &'t str) -> Option<&'t str> {
        let text = match self {
            Self::Outside => line,
            Self::Inside => match after_last(line, "-----END") {
                Some(after) => {
                    *self = Self::Outside;
                    let rest = after.split_once("-----").map_or("", |(_, rest)| rest);
                    if rest.trim().is_empty() {
                        return None;
                    }
                    rest
                }
                None if can_be_of_key(line) => return None,
                None => line,
            },
        };
        let opened = after_last(text, "-----BEGIN")
            .is_some_and(|after| after.contains("PRIVATE") && !after.contains("-----END"));
        *self = if opened { Self::Inside } else { Self::Outside };
        Some(text)
    }
}

fn after_last<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    text.rsplit_once(mark).map(|(_, after)| after)
}

/// A line of Base64, also behind a time or a name that a collector of logs puts before each line; a
/// header of an encrypted key; an empty line.
fn can_be_of_key(line: &str) -> bool {
    let text = line.trim();
    let word = text.rsplit([' ', '\t']).next().unwrap_or_default();
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let headers = ["Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:", "Charset:"];
    let is_base64 = word.bytes().all(base64) && (word.len() == text.len() || word.len() >= 40);
    is_base64 || headers.iter().any(|header| text.starts_with(header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_private_key_are_left_out_and_no_others() {
        let begin = "-----BEGIN PRIVATE KEY-----";
        let body = "MADEUP/MADEUP+MADEUPMADEUPMADEUPMADEUPMADEUPMADEUPMADEUPMADEUP==";
        let stamped = format!("2026-01-01T00:00:00Z stdout F {body}");
        let rows: [(&[&str], &[&str]); 8] = [
            (&["a", begin, body, "", "-----END PRIVATE KEY-----", "b"], &["a", begin, "b"]),
            (&[begin, "Proc-Type: 4,ENCRYPTED", "DEK-Info: x", "", body], &[begin]),
            (&[begin, "  MADEUP=", "-----END PRIVATE KEY----- b"], &[begin, " b"]),
            (&[begin, &stamped, "a line of a log"], &[begin, "a line of a log"]),
            (&[begin, "a line of a log", body], &[begin, "a line of a log", body]),
            (&["-----BEGIN CERTIFICATE-----", body], &["-----BEGIN CERTIFICATE-----", body]),
            (
                &["-----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY-----", "MADEUP"],
                &["-----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY-----", "MADEUP"],
            ),
            (&[begin, begin, body, "a log"], &[begin, begin, "a log"]),
        ];
        for (lines, want) in rows {
            let mut block = KeyBlock::Outside;
            let shown: Vec<_> = lines.iter().filter_map(|line| block.shown(line)).collect();
            assert_eq!(shown, want, "{lines:?}");
        }
    }
}
