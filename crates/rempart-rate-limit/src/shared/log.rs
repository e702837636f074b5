use super::number::number;

/// The log of a strict window, as a store holds it: `w`, and sixteen digits for each admission, the
/// oldest first.
pub(super) struct Log(Vec<Entry>);

/// When somebody was admitted.
pub(super) type Entry = [u8; DIGITS];

impl Log {
    /// What no window wrote is an empty one.
    pub(super) fn read(value: Option<&[u8]>) -> Self {
        let entries = value.and_then(entries).unwrap_or_default();
        // What is no whole entry at the end was cut off by somebody else.
        Self(entries.as_chunks().0.to_vec())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// When the n-th was admitted, from zero; what is no time is long ago.
    pub(super) fn time(&self, nth: usize) -> u64 {
        self.0.get(nth).map_or(0, of)
    }

    /// Moves admissions in the future to the present: they are of a clock that stepped back since.
    /// Returns whether there was one.
    pub(super) fn end_at(&mut self, now: u64) -> bool {
        let mut moved = false;
        for entry in self.0.iter_mut().rev().take_while(|entry| of(entry) > now) {
            *entry = at(now);
            moved = true;
        }
        moved
    }

    /// How many are as old as that. Whoever else wrote here may have left them in disorder: it looks
    /// where the script looks.
    pub(super) fn past(&self, age: u64, now: u64) -> usize {
        let (mut low, mut high) = (0_usize, self.len());
        while low < high {
            let middle = low.saturating_add(high).div_ceil(2);
            let before = middle.saturating_sub(1);
            if self.time(before).saturating_add(age) <= now {
                low = middle;
            } else {
                high = before;
            }
        }
        low
    }

    /// The value without so many of the oldest, and with so many that are admitted now.
    pub(super) fn value(&self, without: usize, now: u64, more: u64) -> Vec<u8> {
        let more = usize::try_from(more).unwrap_or(LONGEST).min(LONGEST);
        let now = [at(now)];
        let all = self.0.iter().skip(without).chain(now.iter().cycle().take(more));
        let count = self.len().saturating_sub(without).saturating_add(more);
        value(all.skip(count.saturating_sub(LONGEST)).flatten())
    }
}

/// What a window wrote, without its mark, and no more of it than one remembers.
pub(super) fn entries(value: &[u8]) -> Option<&[u8]> {
    let entries = value.strip_prefix(b"w")?;
    entries.get(entries.len().saturating_sub(LONGEST.saturating_mul(DIGITS))..)
}

pub(super) fn value<'a>(entries: impl IntoIterator<Item = &'a u8>) -> Vec<u8> {
    std::iter::once(&b'w').chain(entries).copied().collect()
}

/// The last sixteen digits, for times are below 2^53.
pub(super) fn at(time: u64) -> Entry {
    let mut entry = [b'0'; DIGITS];
    let text = format!("{time:016}");
    entry.iter_mut().rev().zip(text.bytes().rev()).for_each(|(digit, of)| *digit = of);
    entry
}

fn of(entry: &Entry) -> u64 {
    number(entry).unwrap_or(0)
}

pub(super) const DIGITS: usize = 16;

/// [`Rule::LONGEST_LOG`](super::Rule::LONGEST_LOG) admissions, whoever wrote them.
const LONGEST: usize = 128;
