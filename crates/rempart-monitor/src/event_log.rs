/// Writes each refusal, up to a cap for each kind and reason, and counts what it left out.
#[derive(Debug)]
#[must_use = "a log says nothing until a layer tells it"]
pub struct EventLog(());
