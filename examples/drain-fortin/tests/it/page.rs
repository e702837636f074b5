//! The page runs its own script and nothing else.

use http::Request;

use crate::house::House;

#[tokio::test]
async fn runs_only_what_carries_the_nonce() {
    let house = House::open().await;
    let answer = house.send(Request::get("/").body(String::new()).unwrap()).await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let (_, nonce) = policy.split_once("'nonce-").unwrap();
    let (nonce, _) = nonce.split_once('\'').unwrap();
    let page = String::from_utf8(answer.into_body()).unwrap();
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    assert_eq!(page.matches(&format!(" nonce=\"{nonce}\"")).count(), 2);
    // What a policy with a nonce would block, and what would let markup in.
    for forbidden in [" style=", " onclick=", " onsubmit=", "innerHTML", "document.write", "eval("]
    {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // Where another script, or another user of the machine, would find a token.
    for storage in ["localStorage", "sessionStorage", "indexedDB", "document.cookie"] {
        assert!(!page.contains(storage), "{storage}");
    }
    house.close().await;
}

#[tokio::test]
async fn has_a_label_for_each_field_and_says_what_happens_aloud() {
    let house = House::open().await;
    let answer = house.send(Request::get("/").body(String::new()).unwrap()).await;
    let page = String::from_utf8(answer.into_body()).unwrap();
    for part in [
        "lang=\"en-CA\"",
        "name=\"viewport\"",
        "autocomplete=\"username\"",
        "autocomplete=\"current-password\"",
        "role=\"alert\"",
        "role=\"status\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<label>").count(), page.matches("<input").count());
    house.close().await;
}

#[tokio::test]
async fn takes_reports_of_what_was_blocked() {
    let house = House::open().await;
    for (kind, body, status) in [
        ("application/csp-report", "{\"csp-report\":{}}", 204),
        ("application/reports+json", "[]", 204),
        ("application/reports+json", "not json", 400),
        ("text/plain", "{}", 415),
    ] {
        let answer =
            house.send(crate::house::post("/reports", http::HeaderMap::new(), kind, body)).await;
        assert_eq!(answer.status(), status, "{kind}");
    }
    house.close().await;
}
