//! What a policy cannot say does not compile.

#[test]
fn any_origin_with_credentials_cannot_be_written() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
