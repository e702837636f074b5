use super::Listed;

/// All addresses of a family, cut where the answer changes.
#[derive(Clone, Default)]
pub(super) struct Ranges<A>(Box<[Range<A>]>);

/// The answer from this address up to the start of the next range.
#[derive(Clone, Copy)]
struct Range<A> {
    start: A,
    listed: Option<Listed>,
}

/// The addresses of a prefix.
#[derive(Clone, Copy)]
pub(super) struct Block<A> {
    pub(super) first: A,
    pub(super) last: A,
    pub(super) listed: Listed,
}

impl<A: Copy + Ord> Ranges<A> {
    /// Cuts blocks that come in the order of their first addresses, a block before those in it.
    pub(super) fn new(
        blocks: impl Iterator<Item = Block<A>>,
        next: impl Fn(A) -> Option<A>,
    ) -> Self {
        let mut ranges = Vec::new();
        // Those that are not over yet, each within the one before it.
        let mut open: Vec<Block<A>> = Vec::new();
        for block in blocks {
            while let Some(over) = open.pop_if(|outer| outer.last < block.first) {
                close(&mut ranges, over, open.last(), &next);
            }
            cut(&mut ranges, block.first, Some(block.listed));
            open.push(block);
        }
        while let Some(over) = open.pop() {
            close(&mut ranges, over, open.last(), &next);
        }
        Self(ranges.into())
    }

    /// Where what is on a list begins, and on which.
    pub(super) fn starts(&self) -> impl Iterator<Item = (A, Listed)> + Clone {
        self.0.iter().filter_map(|range| Some((range.start, range.listed?)))
    }

    pub(super) fn find(&self, address: A) -> Option<Listed> {
        let after = self.0.partition_point(|range| range.start <= address);
        self.0.get(after.checked_sub(1)?)?.listed
    }
}

/// After the last address of a block, the one around it decides.
fn close<A: Copy + Ord>(
    ranges: &mut Vec<Range<A>>,
    over: Block<A>,
    around: Option<&Block<A>>,
    next: impl Fn(A) -> Option<A>,
) {
    if let Some(start) = next(over.last) {
        cut(ranges, start, around.map(|outer| outer.listed));
    }
}

fn cut<A: Copy + Ord>(ranges: &mut Vec<Range<A>>, start: A, listed: Option<Listed>) {
    // Two blocks may end, and another one start, at one address: the last word is the inmost.
    ranges.pop_if(|range| range.start == start);
    if ranges.last().and_then(|range| range.listed) != listed {
        ranges.push(Range { start, listed });
    }
}
