use super::Key;

/// Which client each slot of a line belongs to.
///
/// The lower halves of the tags stand together, beside the lock, and are compared all at once: a
/// loop that ends at the client is guessed wrongly by the processor at nearly every request, and
/// that took longer than all comparisons do.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Tags<const WAYS: usize> {
    lower: [u32; WAYS],
    upper: [u32; WAYS],
}

impl<const WAYS: usize> Tags<WAYS> {
    pub(super) const EMPTY: Self = Self { lower: [0; WAYS], upper: [0; WAYS] };

    /// A bit for each slot, in rows of four; the last four of fifteen overlap the ones before.
    const BITS: [[u32; 4]; 4] = [bits(0), bits(4), bits(8), bits(WAYS.wrapping_sub(4))];

    /// The slot of a client, if it has one.
    #[expect(clippy::inline_always, reason = "a tenth of a decision would go into the call")]
    #[inline(always)]
    pub(super) fn find(&self, key: Key) -> Option<usize> {
        let (lower, upper) = halves(key.tag());
        let mut candidates = self.candidates(lower);
        while candidates != 0 {
            let way = candidates.trailing_zeros() as usize;
            if self.upper.get(way) == Some(&upper) {
                return Some(way);
            }
            candidates &= candidates.wrapping_sub(1);
        }
        None
    }

    pub(super) fn get(&self, way: usize) -> u64 {
        let half = |halves: &[u32; WAYS]| halves.get(way).map_or(0, |half| u64::from(*half));
        half(&self.upper) << u32::BITS | half(&self.lower)
    }

    #[inline]
    pub(super) fn set(&mut self, way: usize, key: Key) {
        if let (Some(lower), Some(upper)) = (self.lower.get_mut(way), self.upper.get_mut(way)) {
            (*lower, *upper) = halves(key.tag());
        }
    }

    /// The slots whose tag has this lower half, a bit for each: in this form the compiler makes of
    /// it four comparisons of four tags each.
    #[expect(clippy::inline_always, reason = "it is the whole of `find`")]
    #[inline(always)]
    fn candidates(&self, half: u32) -> u32 {
        const { assert!(12 <= WAYS && WAYS <= 16, "rows that leave none out") };
        let (rows, rest) = self.lower.as_chunks::<4>();
        let last = if rest.is_empty() { None } else { self.lower.last_chunk() };
        let mut found = [0; 4];
        for (row, bits) in rows.iter().chain(last).zip(Self::BITS) {
            for ((found, lower), bit) in found.iter_mut().zip(row).zip(bits) {
                *found |= if *lower == half { bit } else { 0 };
            }
        }
        found.into_iter().fold(0, |all, found| all | found)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "halves are what is wanted")]
const fn halves(tag: u64) -> (u32, u32) {
    (tag as u32, (tag >> u32::BITS) as u32)
}

/// Those of four slots, from this one on.
#[expect(clippy::cast_possible_truncation, reason = "a slot is below sixteen")]
const fn bits(first: usize) -> [u32; 4] {
    let bit = 1_u32.wrapping_shl(first as u32);
    [bit, bit.wrapping_shl(1), bit.wrapping_shl(2), bit.wrapping_shl(3)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Seed;
    use super::*;

    proptest! {
        /// Halves of few values, so that many tags share one.
        #[test]
        fn a_client_is_found_where_a_search_from_the_front_finds_it(
            tags in prop::collection::vec((0_u32..4, 0_u32..4), 31),
        ) {
            prop_assert!(is_found::<15>(&tags) && is_found::<16>(&tags));
            prop_assert!(is_found::<12>(&tags) && is_found::<13>(&tags) && is_found::<14>(&tags));
        }
    }

    /// Whether every tag that could be here is found as a naive search would.
    fn is_found<const WAYS: usize>(given: &[(u32, u32)]) -> bool {
        let mut tags = Tags::<WAYS>::EMPTY;
        let slots = tags.lower.iter_mut().zip(&mut tags.upper).zip(given);
        slots.for_each(|((lower, upper), given)| (*lower, *upper) = *given);
        let naive = |tag| (0..WAYS).position(|way| tags.get(way) == tag);
        let all = (0..4_u64).flat_map(|upper| (0..4).map(move |lower| upper << 32 | lower));
        all.into_iter().all(|tag| tags.find(Key::tagged(tag)) == naive(tag))
    }

    #[test]
    fn a_tag_is_whole_where_it_was_set() {
        let seed = Seed::new([7, 11]);
        let keys: Vec<Key> = (0..15_u8).map(|client| seed.key(&client)).collect();
        let mut tags = Tags::<15>::EMPTY;
        keys.iter().enumerate().for_each(|(way, key)| tags.set(way, *key));
        for (way, key) in keys.into_iter().enumerate() {
            assert_eq!((tags.get(way), tags.find(key)), (key.tag(), Some(way)));
        }
        assert_eq!(tags.find(seed.key(&15_u8)), None);
    }
}
