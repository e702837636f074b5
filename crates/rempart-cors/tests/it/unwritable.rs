//! What a policy cannot say does not compile.

#[test]
fn any_origin_with_credentials_and_literals_that_are_no_origin_cannot_be_written() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
