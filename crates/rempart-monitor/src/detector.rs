/// Finds the clients whose conduct stands out.
#[derive(Clone, Debug)]
#[must_use = "a detector sees nothing until a layer tells it"]
pub struct AnomalyDetector(());
