/// Remembers the last hour in a memory of fixed size, for a page to show.
#[derive(Debug)]
#[must_use = "a history remembers nothing until a layer tells it"]
pub struct History(());
