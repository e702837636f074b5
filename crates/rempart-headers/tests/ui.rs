//! What does not compile, and what the compiler says.

#[test]
fn what_cannot_be_said_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
