//! The stack on hyper alone.
fn main() {}
