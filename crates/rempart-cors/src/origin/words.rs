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
