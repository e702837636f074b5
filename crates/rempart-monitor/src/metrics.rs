/// Counts what the layers decide, in metrics of a known and bounded number.
#[derive(Debug)]
#[must_use = "metrics count nothing until a layer tells them"]
pub struct Metrics(());
