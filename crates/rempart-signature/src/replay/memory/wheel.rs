use super::links::Links;

/// Finds a place whose time is over, without looking at those whose time is not.
///
/// A ring for each power of two: an entry that lasts some 2^n stands in the ring of that size, in
/// the list of the 2^(n-5) in which it ends. What is due is then always the oldest list of some
/// ring. An entry is never due before its end, and after it by a thirty-second of its time at most.
pub(super) struct Wheel {
    rings: [Ring; RINGS as usize],
    /// The rings that may hold something, a bit each.
    busy: u32,
    /// Where this wheel's lists begin among all lists.
    heads: u32,
}

/// A turn of 128 lists; a stretch is the time that ends in one list, counted from the clock's zero.
#[derive(Clone, Copy, Default)]
struct Ring {
    /// No list older than this stretch holds anything, none a turn after it.
    oldest: u64,
    /// The lists that may hold something; emptied ones are noticed when they are due.
    lists: u128,
}

impl Wheel {
    /// How many lists it needs: those of its rings, and one for what is overdue by a turn.
    pub(super) const HEADS: u32 = RINGS * TURN + 1;

    /// An entry that is to last longer lasts so long, in nanoseconds: two years and more.
    pub(super) const LONGEST: u64 = 1 << 56;

    pub(super) fn new(heads: u32) -> Self {
        Self { rings: [Ring::default(); RINGS as usize], busy: 0, heads }
    }

    /// Puts a place that is in no list where it will be due after `ends`.
    pub(super) fn push<T>(&mut self, links: &mut Links<T>, place: u32, ends: u64, now: u64) {
        let lasts = ends.saturating_sub(now).min(Self::LONGEST);
        // Of 32 to 63 quanta of 2^0 in the first ring, of 2^1 in the next.
        let bits = u64::BITS.saturating_sub((lasts >> QUANTUM).leading_zeros());
        let number = bits.saturating_sub(6).min(RINGS.saturating_sub(1));
        let stretch = (now.saturating_add(lasts) >> shift(number)).saturating_add(1);
        let (overdue, list) = (self.overdue(), self.head(number, stretch));
        let heads = self.heads;
        let Some(ring) = self.rings.get_mut(number as usize) else { return };
        // The ring has gone round since, and what is left of the last turn was due long ago.
        while let Some(oldest) = ring.first().filter(|first| first.abs_diff(stretch) >= TURN.into())
        {
            links.append(head(heads, number, oldest), overdue);
            ring.forget(oldest);
        }
        ring.note(stretch);
        self.busy |= 1 << number;
        links.push(list, place);
    }

    /// A place whose time is over; it is still in its list.
    pub(super) fn due<T>(&mut self, links: &Links<T>, now: u64) -> Option<u32> {
        if let Some(place) = links.first(self.overdue()) {
            return Some(place);
        }
        let heads = self.heads;
        let mut busy = self.busy;
        while busy != 0 {
            let number = busy.trailing_zeros();
            busy &= busy.wrapping_sub(1);
            let ring = self.rings.get_mut(number as usize)?;
            while let Some(stretch) = ring.first() {
                if stretch > now >> shift(number) {
                    break;
                }
                match links.first(head(heads, number, stretch)) {
                    Some(place) => return Some(place),
                    None => ring.forget(stretch),
                }
            }
            if ring.lists == 0 {
                self.busy &= !(1 << number);
            }
        }
        None
    }

    fn head(&self, ring: u32, stretch: u64) -> u32 {
        head(self.heads, ring, stretch)
    }

    const fn overdue(&self) -> u32 {
        self.heads.saturating_add(RINGS * TURN)
    }
}

impl Ring {
    /// The oldest stretch that may hold something.
    fn first(&self) -> Option<u64> {
        if self.lists == 0 {
            return None;
        }
        let from_oldest = self.lists.rotate_right(in_turn(self.oldest));
        Some(self.oldest.saturating_add(from_oldest.trailing_zeros().into()))
    }

    fn note(&mut self, stretch: u64) {
        self.oldest = self.first().map_or(stretch, |first| first.min(stretch));
        self.lists |= 1 << in_turn(stretch);
    }

    fn forget(&mut self, stretch: u64) {
        self.lists &= !(1 << in_turn(stretch));
        self.oldest = self.oldest.max(stretch);
    }
}

fn head(heads: u32, ring: u32, stretch: u64) -> u32 {
    heads.saturating_add(ring.saturating_mul(TURN)).saturating_add(in_turn(stretch))
}

const fn shift(ring: u32) -> u32 {
    QUANTUM.saturating_add(ring)
}

#[expect(clippy::cast_possible_truncation, reason = "below 128")]
const fn in_turn(stretch: u64) -> u32 {
    stretch as u32 & (TURN - 1)
}

/// The shortest stretch: 2^20 ns, a millisecond.
const QUANTUM: u32 = 20;
/// From a millisecond's entries to those of [`Wheel::LONGEST`].
const RINGS: u32 = 32;
/// Lists in a ring. An entry ends at most 66 stretches ahead of now, so that two entries in one
/// list a turn apart cannot both be ahead.
const TURN: u32 = 128;
