/// Lists of places, as rings: each place stands in one of them at most, and leaves it or changes to
/// another in constant time. The numbers from the first head on stand for the lists themselves.
pub(super) struct Links(Box<[Link]>);

#[derive(Clone, Copy)]
struct Link {
    before: u32,
    after: u32,
}

impl Links {
    /// Room for so many places and lists, all of them empty.
    pub(super) fn new(places_and_heads: u32) -> Self {
        Self((0..places_and_heads).map(|own| Link { before: own, after: own }).collect())
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// The place that has been in a list for longest.
    pub(super) fn first(&self, head: u32) -> Option<u32> {
        let first = self.get(head).after;
        (first != head).then_some(first)
    }

    /// Puts a place that is in no list at the end of one.
    pub(super) fn push(&mut self, head: u32, place: u32) {
        let last = self.get(head).before;
        self.join(last, place);
        self.join(place, head);
    }

    /// Takes a place out of its list.
    pub(super) fn unlink(&mut self, place: u32) {
        let Link { before, after } = self.get(place);
        self.join(before, after);
        self.join(place, place);
    }

    /// Puts all of one list at the end of another.
    pub(super) fn append(&mut self, from: u32, onto: u32) {
        let Link { before: last, after: first } = self.get(from);
        if first != from {
            let end = self.get(onto).before;
            self.join(end, first);
            self.join(last, onto);
            self.join(from, from);
        }
    }

    fn join(&mut self, before: u32, after: u32) {
        if let Some(link) = self.0.get_mut(before as usize) {
            link.after = after;
        }
        if let Some(link) = self.0.get_mut(after as usize) {
            link.before = before;
        }
    }

    fn get(&self, place: u32) -> Link {
        let alone = Link { before: place, after: place };
        self.0.get(place as usize).copied().unwrap_or(alone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u32 = 10;
    const B: u32 = 11;

    fn drained(links: &mut Links, head: u32) -> Vec<u32> {
        std::iter::from_fn(|| {
            let first = links.first(head)?;
            links.unlink(first);
            Some(first)
        })
        .collect()
    }

    #[test]
    fn places_leave_and_change_lists() {
        let mut links = Links::new(12);
        (0..6).for_each(|place| links.push(if place % 2 == 0 { A } else { B }, place));
        links.unlink(2);
        links.append(B, A);
        links.append(B, A);
        links.push(B, 2);
        assert_eq!(drained(&mut links, A), [0, 4, 1, 3, 5]);
        assert_eq!(drained(&mut links, B), [2]);
        assert_eq!((links.first(A), links.first(B)), (None, None));
    }
}
