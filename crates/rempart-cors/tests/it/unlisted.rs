//! Without a list of public suffixes.

use http::Request;
use rempart_cors::Policy;

#[test]
fn without_the_list_subdomains_have_to_be_asked_for_by_a_name_that_says_so() {
    let text = "https://*.example.com";
    let want = format!(
        "origins[0]: `{text}`: to allow subdomains takes the feature `psl`, which knows public suffixes"
    );
    let faults = Policy::credentialed("a").origins([text]).build().unwrap_err();
    assert_eq!(faults.to_string(), want);
    let asked = Policy::credentialed("a").origins([text]).dangerously_allow_public_suffixes();
    let request = Request::get("/").header("origin", "https://a.example.com").body(()).unwrap();
    assert!(asked.build().unwrap().grant(request.headers()).is_allowed());
    Policy::credentialed("a").origins(["http://*.localhost:*"]).build().unwrap();
}
