//! The stack around a gRPC health service.
fn main() {}
