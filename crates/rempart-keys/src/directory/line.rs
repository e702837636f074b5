use std::fmt::Write as _;

use rempart_core::Faults;

use super::error::{DirectoryError, LineFault, RingFile};
use super::timestamp::Timestamp;
use super::{RingDirectory, is_env};
use crate::{KeyId, KeyRing, KeyState, RingEntry};

/// A line of `ring` that was understood.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) id: KeyId,
    pub(super) state: KeyState,
    pub(super) created: Option<Timestamp>,
}

/// The lines of `ring`. `revoked` is told of each key that a line calls revoked or destroyed, even
/// where the rest of that line is not understood.
pub(super) fn parse_ring(
    text: &[u8],
    faults: &mut Faults<DirectoryError>,
    revoked: &mut Vec<KeyId>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    if numbered(text).all(|(_, line)| line.trim_ascii().is_empty()) {
        faults.push(DirectoryError::NoKeys { file: RingFile::Ring });
    }
    for (number, line) in numbered(text) {
        let told = LineFault::NotAscii;
        let words = str::from_utf8(line).ok().filter(|line| line.is_ascii()).ok_or(told);
        let parsed = words.and_then(|words| parse_line(words, revoked));
        let fault = |fault| DirectoryError::Line { file: RingFile::Ring, line: number, fault };
        lines.extend(faults.take(parsed.map_err(fault)).flatten());
    }
    lines
}

/// The keys that `revoked` names: the first word of each line, whatever follows.
pub(super) fn parse_revoked(text: &[u8], faults: &mut Faults<DirectoryError>) -> Vec<KeyId> {
    let mut ids = Vec::new();
    // Some editors begin a file so, and the first name must count all the same.
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    for (number, line) in numbered(text) {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let Some(word) = words.next() else { continue };
        let fault =
            DirectoryError::Line { file: RingFile::Revoked, line: number, fault: LineFault::Id };
        ids.extend(faults.take(parse_id(word).ok_or(fault)));
    }
    ids
}

/// The lines, without what follows a `#`.
fn numbered(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|byte| *byte == b'\n');
    let bare = |line: &'_ [u8]| line.iter().position(|byte| *byte == b'#').unwrap_or(line.len());
    (1..).zip(lines.map(move |line| line.get(..bare(line)).unwrap_or_default()))
}

fn parse_line(line: &str, revoked: &mut Vec<KeyId>) -> Result<Option<Line>, LineFault> {
    let mut words = line.split_ascii_whitespace();
    let Some(id) = words.next() else { return Ok(None) };
    let id = parse_id(id.as_bytes()).ok_or(LineFault::Id)?;
    let state = words.next().ok_or(LineFault::State)?;
    if matches!(state, "revoked" | "destroyed") {
        revoked.push(id);
    }
    let created = words.next().ok_or(LineFault::Created)?;
    let created = match created {
        "-" => None,
        time => Some(time.parse::<Timestamp>().map_err(|_| LineFault::Created)?),
    };
    let state = match state {
        "active" => KeyState::Active,
        "destroyed" => KeyState::Destroyed,
        "pending" => KeyState::Pending,
        "retiring" => {
            let until = words.next().and_then(|word| word.parse::<Timestamp>().ok());
            KeyState::Retiring { until: until.ok_or(LineFault::Until)?.since_epoch() }
        }
        "revoked" => KeyState::Revoked,
        _ => return Err(LineFault::State),
    };
    match words.next() {
        None => Ok(Some(Line { id, state, created })),
        Some(_) => Err(LineFault::Extra),
    }
}

fn parse_id(word: &[u8]) -> Option<KeyId> {
    KeyId::new(str::from_utf8(word).ok()?).ok()
}

/// The text of `ring` for these keys.
pub(super) fn render_ring(ring: &KeyRing) -> String {
    let mut text = String::from(HEAD);
    let is_active = |entry: &RingEntry| entry.state == KeyState::Active;
    let mut active = false;
    for entry in ring.entries() {
        active |= is_active(&entry);
        // It is so without a line, which is better: nobody has to know when the variable was set.
        let implied = is_env(entry.id) && is_active(&entry) && ring.entries().count() > 1;
        if !implied {
            push(&mut text, &entry);
        }
    }
    // Else the loss of the last active key would make the variable's key active, which was none.
    if !active && !ring.entries().any(|entry| is_env(entry.id)) {
        let _ = writeln!(text, "{} destroyed -", RingDirectory::SEED_ID);
    }
    text
}

fn push(text: &mut String, entry: &RingEntry) {
    let created = entry.created.map(|created| Timestamp::at(created).to_string());
    let created = created.as_deref().unwrap_or("-");
    // Writing to a text does not fail.
    let _ = match entry.state {
        KeyState::Retiring { until } => {
            let until = Timestamp::at(until);
            writeln!(text, "{} {} {created} {until}", entry.id, entry.state)
        }
        state => writeln!(text, "{} {state} {created}", entry.id),
    };
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const HEAD: &str = "# ID STATE CREATED [UNTIL]\n";
