/// Places in lists: each stands in one of them at most, and leaves it or changes to another in
/// constant time. A list is a ring through its head; heads are numbered after the last place.
///
/// What a place holds stands beside its links: whoever looks at the one has loaded the other.
pub(super) struct Links<T> {
    places: Vec<(Link, T)>,
    capacity: u32,
    heads: Box<[Link]>,
}

#[derive(Clone, Copy)]
struct Link {
    before: u32,
    after: u32,
}

impl<T> Links<T> {
    /// Room for so many places, none of which is there yet, and so many lists, which are empty.
    pub(super) fn new(capacity: u32, heads: u32) -> Self {
        let heads = (0..heads).map(|nth| Link::alone(capacity.saturating_add(nth))).collect();
        Self { places: Vec::with_capacity(capacity as usize), capacity, heads }
    }

    pub(super) const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// What it has allocated, all of it when it was made.
    pub(super) fn bytes(&self) -> usize {
        let places = self.places.capacity().saturating_mul(size_of::<(Link, T)>());
        places.saturating_add(size_of_val(&*self.heads))
    }

    /// A place that was never used, in no list; `None` once all have been.
    pub(super) fn add(&mut self, value: T) -> Option<u32> {
        let place = u32::try_from(self.places.len()).ok()?;
        if place == self.capacity {
            return None;
        }
        self.places.push((Link::alone(place), value));
        Some(place)
    }

    #[inline]
    pub(super) fn get(&self, place: u32) -> Option<&T> {
        self.places.get(place as usize).map(|(_, value)| value)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        self.places.get_mut(place as usize).map(|(_, value)| value)
    }

    /// The place that has been in a list for longest.
    #[inline]
    pub(super) fn first(&self, head: u32) -> Option<u32> {
        let first = self.link(head).after;
        (first != head).then_some(first)
    }

    /// Puts a place that is in no list at the end of one.
    #[inline]
    pub(super) fn push(&mut self, head: u32, place: u32) {
        let last = self.link(head).before;
        self.join(last, place);
        self.join(place, head);
    }

    /// Takes a place out of its list.
    #[inline]
    pub(super) fn unlink(&mut self, place: u32) {
        let Link { before, after } = self.link(place);
        self.join(before, after);
    }

    /// Puts all of one list at the end of another.
    pub(super) fn append(&mut self, from: u32, onto: u32) {
        let Link { before: last, after: first } = self.link(from);
        if first != from {
            let end = self.link(onto).before;
            self.join(end, first);
            self.join(last, onto);
            self.join(from, from);
        }
    }

    #[inline]
    fn join(&mut self, before: u32, after: u32) {
        if let Some(link) = self.link_mut(before) {
            link.after = after;
        }
        if let Some(link) = self.link_mut(after) {
            link.before = before;
        }
    }

    #[inline]
    fn link(&self, at: u32) -> Link {
        let link = match at.checked_sub(self.capacity) {
            None => self.places.get(at as usize).map(|(link, _)| link),
            Some(head) => self.heads.get(head as usize),
        };
        link.copied().unwrap_or(Link::alone(at))
    }

    #[inline]
    fn link_mut(&mut self, at: u32) -> Option<&mut Link> {
        match at.checked_sub(self.capacity) {
            None => self.places.get_mut(at as usize).map(|(link, _)| link),
            Some(head) => self.heads.get_mut(head as usize),
        }
    }
}

impl Link {
    const fn alone(own: u32) -> Self {
        Self { before: own, after: own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u32 = 10;
    const B: u32 = 11;

    fn drained(links: &mut Links<char>, head: u32) -> String {
        std::iter::from_fn(|| {
            let first = links.first(head)?;
            links.unlink(first);
            links.get(first).copied()
        })
        .collect()
    }

    #[test]
    fn places_leave_and_change_lists() {
        let mut links = Links::new(10, 2);
        for (value, head) in "abcdef".chars().zip([A, B].into_iter().cycle()) {
            let place = links.add(value).unwrap();
            links.push(head, place);
        }
        links.unlink(2);
        links.append(B, A);
        links.append(B, A);
        links.push(B, 2);
        assert_eq!(drained(&mut links, A), "aebdf");
        assert_eq!(drained(&mut links, B), "c");
        assert_eq!((links.first(A), links.first(B)), (None, None));
        assert_eq!("ghijkl".chars().filter_map(|value| links.add(value)).count(), 4);
    }
}
