/// Finds the place of a key by its hash. Open addressing, at most half full, so that a search ends
/// at an empty cell; and what is removed leaves no gravestone: a table of the standard library would in the end be copied for them, all
/// at once and to twice the size.
pub(super) struct Index {
    /// The hash in the high half, the place and one more in the low half; zero for none.
    cells: Box<[u64]>,
    mask: u32,
}

impl Index {
    /// Room for so many places, below 2^30.
    pub(super) fn new(places: u32) -> Self {
        let cells = places.max(1).saturating_mul(2).next_power_of_two();
        Self { cells: vec![0; cells as usize].into(), mask: cells.saturating_sub(1) }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.cells)
    }

    /// The place with this hash that `is_it`.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = hash;
        while let Some(cell) = self.cell(at) {
            if cell.hash == hash && is_it(cell.place) {
                return Some(cell.place);
            }
            at = at.wrapping_add(1);
        }
        None
    }

    /// Adds a place that is not there.
    #[inline]
    pub(super) fn insert(&mut self, hash: u32, place: u32) {
        let mut at = hash;
        while self.cell(at).is_some() {
            at = at.wrapping_add(1);
        }
        self.put(at, Some(Cell { hash, place }));
    }

    /// Takes out a place, and moves those up that had to stand behind it.
    #[inline]
    pub(super) fn remove(&mut self, hash: u32, place: u32) {
        let mut hole = hash;
        loop {
            match self.cell(hole) {
                Some(cell) if cell.place == place => break,
                Some(_) => hole = hole.wrapping_add(1),
                None => return,
            }
        }
        let mut at = hole.wrapping_add(1);
        while let Some(cell) = self.cell(at) {
            // How far it stands from where it belongs, and how far from the hole.
            let [off_home, behind] = [cell.hash, hole].map(|to| at.wrapping_sub(to) & self.mask);
            if off_home >= behind {
                self.put(hole, Some(cell));
                hole = at;
            }
            at = at.wrapping_add(1);
        }
        self.put(hole, None);
    }

    #[inline]
    fn cell(&self, at: u32) -> Option<Cell> {
        let word = *self.cells.get((at & self.mask) as usize)?;
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let (hash, place) = ((word >> 32) as u32, word as u32);
        Some(Cell { hash, place: place.checked_sub(1)? })
    }

    #[inline]
    fn put(&mut self, at: u32, cell: Option<Cell>) {
        let word = cell.map_or(0, |Cell { hash, place }| {
            u64::from(hash) << 32 | u64::from(place.saturating_add(1))
        });
        if let Some(place) = self.cells.get_mut((at & self.mask) as usize) {
            *place = word;
        }
    }
}

#[derive(Clone, Copy)]
struct Cell {
    hash: u32,
    place: u32,
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Hashes that collide much, at the end of the table too.
    #[test]
    fn finds_what_is_there_and_nothing_else() {
        let (mut index, mut model) = (Index::new(16), HashMap::new());
        let mut state = 1_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = (state >> 33) as u32 % 16;
            let hash = 28 + (place % 3) * 2;
            if model.remove(&place).is_some() {
                index.remove(hash, place);
            } else {
                model.insert(place, hash);
                index.insert(hash, place);
            }
            for place in 0..16 {
                let hash = 28 + (place % 3) * 2;
                let found = index.find(hash, |found| found == place);
                assert_eq!(found.is_some(), model.contains_key(&place));
            }
        }
        let left = index.cells.iter().filter(|cell| **cell != 0).count();
        assert_eq!(left, model.len(), "nothing is left behind");
    }
}
