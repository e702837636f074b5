//! Rempart beside its rivals.
fn main() {}
