use std::hash::Hasher;

/// A hash of eight bytes at a time. The table's entries come from the configuration, so a stranger
/// who picks an `Origin` to collide with them makes one comparison fail and nothing grow: a seeded
/// hash would cost more and guard nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words(u64);

impl Words {
    fn mix(&mut self, word: u64) {
        // The multiplier of FxHash; the rotation brings high bits, where the product's entropy
        // gathers, back to the low ones that pick a bucket.
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }
}

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.mix(word.try_into().map(u64::from_le_bytes).unwrap_or_default());
        }
        let tail = words.remainder().iter();
        self.mix(tail.fold(0, |word, byte| (word << 8) | u64::from(*byte)));
    }

    fn write_usize(&mut self, length: usize) {
        self.mix(length as u64);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::Words;

    /// Of so many places, chance leaves 37 in a hundred free.
    #[test]
    fn origins_are_spread_as_by_chance() {
        const PLACES: u64 = 4096;
        let alike: [fn(u64) -> String; 4] = [
            |nth| format!("https://t{nth}.example.com"),
            |nth| format!("https://app.example.com:{}", 1024 + nth),
            |nth| format!("{nth:012b}"),
            |nth| "a".repeat(usize::try_from(nth).unwrap()),
        ];
        for name in alike {
            let words = BuildHasherDefault::<Words>::default();
            let hashes = (0..PLACES).map(|nth| words.hash_one(name(nth).as_bytes()));
            // Tables take the place from the low bits, and seven bits beside it from the high ones.
            let hashes: Vec<u64> = hashes.collect();
            let places: HashSet<u64> = hashes.iter().map(|hash| hash % PLACES).collect();
            assert!(places.len() > 2300, "{}: {} places", name(1), places.len());
            let tags: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
            assert_eq!(tags.len(), 128, "{}", name(1));
        }
    }
}
