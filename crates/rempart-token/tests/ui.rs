//! What does not compile, and what the compiler says.

#[test]
fn what_cannot_be_said_does_not_compile() {
    let cases = trybuild::TestCases::new();
    // One that compiles makes the others be built, and not only checked: a lifetime is computed
    // when it is built.
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/*.rs");
}
