/// Several answers to the same question, in one cell.
#[derive(Default)]
pub(super) struct Tally(Vec<(String, usize)>);

impl Tally {
    pub(super) fn count(&mut self, what: String) {
        match self.0.iter_mut().find(|(known, _)| *known == what) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => self.0.push((what, 1)),
        }
    }

    /// How many different answers there were.
    pub(super) fn kinds(&self) -> usize {
        self.0.len()
    }

    pub(super) fn text(&self) -> String {
        let each = self.0.iter().map(|(what, times)| format!("{times} × {what}"));
        each.collect::<Vec<_>>().join("; ")
    }
}
