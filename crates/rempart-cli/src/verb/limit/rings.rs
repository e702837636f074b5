/// The last so many times of each client.
pub(super) struct Rings {
    size: usize,
    /// Those of each client together. One more than the time; zero where there was none.
    times: Vec<u64>,
    /// Where each client's oldest one is.
    heads: Vec<u8>,
}

impl Rings {
    pub(super) fn new(size: usize, clients: usize) -> Self {
        Self { size, times: vec![0; size.saturating_mul(clients)], heads: vec![0; clients] }
    }

    /// How many times are kept of each client.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// The place of a client's oldest time.
    fn head(&self, client: usize) -> Option<usize> {
        let head = self.heads.get(client).copied()?;
        Some(client.saturating_mul(self.size).saturating_add(head.into()))
    }

    /// The oldest of as many as are kept, if there were so many.
    pub(super) fn oldest(&self, client: usize) -> Option<u64> {
        self.times.get(self.head(client)?)?.checked_sub(1)
    }

    /// The newest time of each client, if there is one.
    pub(super) fn newest(&self) -> impl Iterator<Item = Option<u64>> {
        // Later times are larger, and none is zero.
        self.times.chunks_exact(self.size.max(1)).map(|of| of.iter().max()?.checked_sub(1))
    }

    /// Puts a time in the place of the oldest.
    pub(super) fn push(&mut self, client: usize, now: u64) {
        let place = self.head(client);
        if let Some(time) = place.and_then(|place| self.times.get_mut(place)) {
            *time = now.saturating_add(1);
        }
        if let Some(head) = self.heads.get_mut(client) {
            let next = usize::from(*head).saturating_add(1);
            let next = if next >= self.size { 0 } else { next };
            *head = u8::try_from(next).unwrap_or_default();
        }
    }

    /// What is kept of a client.
    pub(super) fn of(&self, client: usize) -> impl Iterator<Item = u64> {
        let from = client.saturating_mul(self.size);
        let times = self.times.get(from..from.saturating_add(self.size)).unwrap_or_default();
        times.iter().filter_map(|time| time.checked_sub(1))
    }
}
