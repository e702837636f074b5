//! Secrets known by their value: found whatever the text around them, in every form they take.

mod forms;

use std::fmt;

use zeroize::Zeroizing;

pub(super) use self::forms::MIN_BYTES;
use self::forms::{Form, forms_of};
use super::scan::Scan;
use super::span::{Kind, Span};
use crate::detector::Severity;

/// The bits of a window's hash: 4096 windows, half a kibibyte of memory for all of them.
const HASH_BITS: u32 = 12;

/// The forms of registered secrets, wiped when they are dropped.
pub(super) struct Registered {
    /// Sorted by the hash of a window from the middle of each: prefixes are shared by many values,
    /// middles by few.
    entries: Vec<Entry>,
    /// Which hashes there are.
    screen: Box<[u64]>,
    secrets: usize,
}

struct Entry {
    hash: usize,
    /// How far before the window the form begins.
    offset: usize,
    secret: usize,
    form: Form,
}

impl Registered {
    /// Works out the forms of each secret; a secret is known by its place.
    pub(super) fn new<'v>(values: impl Iterator<Item = &'v [u8]>) -> Self {
        let mut entries = Vec::new();
        let mut secrets: usize = 0;
        for (secret, value) in values.enumerate() {
            secrets = secrets.saturating_add(1);
            for form in forms_of(value) {
                let offset = form.bytes.len().saturating_sub(MIN_BYTES) / 2;
                let window = form.bytes.get(offset..).and_then(|rest| rest.first_chunk());
                let Some(hash) = window.map(|window| hash(*window)) else { continue };
                entries.push(Entry { hash, offset, secret, form });
            }
        }
        entries.sort_by_key(|entry| entry.hash);
        let mut screen = vec![0_u64; 1 << HASH_BITS >> 6].into_boxed_slice();
        for entry in &entries {
            if let Some(word) = screen.get_mut(entry.hash >> 6) {
                *word |= 1 << (entry.hash & 63);
            }
        }
        Self { entries, screen, secrets }
    }

    /// The length of the longest form.
    pub(super) fn longest(&self) -> usize {
        self.entries.iter().map(|entry| entry.form.bytes.len()).max().unwrap_or_default()
    }

    /// Reads the text once; letters count alike whatever their case.
    pub(super) fn scan(&self, scan: &mut Scan<'_>) {
        if self.entries.is_empty() {
            return;
        }
        let text = scan.text;
        let mut found_to = 0;
        for (at, window) in text.windows(MIN_BYTES).enumerate() {
            let Some(window) = window.first_chunk() else { break };
            let hash = hash(*window);
            let word = self.screen.get(hash >> 6).copied().unwrap_or_default();
            if word >> (hash & 63) & 1 == 0 {
                continue;
            }
            let from = self.entries.partition_point(|entry| entry.hash < hash);
            let same = self.entries.get(from..).unwrap_or_default().iter();
            for entry in same.take_while(|entry| entry.hash == hash) {
                let Some(start) = at.checked_sub(entry.offset) else { continue };
                let end = start.saturating_add(entry.form.bytes.len());
                let Some(value) = text.get(start..end) else { continue };
                if end <= found_to || !value.eq_ignore_ascii_case(&entry.form.bytes) {
                    continue;
                }
                let (start, end) =
                    if entry.form.grows { base64_run(text, start, end) } else { (start, end) };
                found_to = end;
                scan.found(Span {
                    start,
                    end,
                    kind: Kind::Secret(entry.secret),
                    severity: Severity::Critical,
                    quotes: None,
                    alone: true,
                });
            }
        }
    }
}

/// The whole Base64 text around a part of it: its neighbours hold bits of the secret.
fn base64_run(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let is_digit =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let before = text.get(..start).unwrap_or_default().iter().rev().take_while(is_digit).count();
    let rest = text.get(end..).unwrap_or_default();
    let after = rest.iter().take_while(|byte| is_digit(byte) || **byte == b'=').count();
    (start.saturating_sub(before), end.saturating_add(after))
}

fn hash(window: [u8; MIN_BYTES]) -> usize {
    let number = window
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(byte.to_ascii_lowercase()));
    // Fibonacci hashing: 2^64 over the golden ratio.
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS.wrapping_sub(HASH_BITS));
    usize::try_from(spread).unwrap_or_default()
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registered({} secrets)", self.secrets)
    }
}

/// A buffer that is wiped.
type Wiped = Zeroizing<Vec<u8>>;
