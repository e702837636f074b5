//! A small company's CRM behind its whole security policy.
fn main() {}
