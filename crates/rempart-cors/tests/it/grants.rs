//! The grant that code outside the layer applies to responses of its own.

use http::{HeaderMap, HeaderValue};
use rempart_cors::Policy;

use crate::talk::{CRM, EVIL, drain_fortin, request, send};

fn applied(policy: &Policy, asked: &[(&str, &str)], response: &mut HeaderMap) {
    policy.grant(request("GET", asked).headers()).apply(response);
}

#[tokio::test]
async fn does_what_the_layer_does() {
    for policy in [drain_fortin(), Policy::anonymous("a").any_origin().build().unwrap()] {
        for asked in [
            &[][..],
            &[("origin", CRM)],
            &[("origin", EVIL)],
            &[("origin", CRM), ("origin", CRM)],
            &[("origin", CRM), ("origin", EVIL)],
        ] {
            let mut headers = HeaderMap::new();
            applied(&policy, asked, &mut headers);
            assert_eq!(headers, send(&policy, request("GET", asked)).await.headers, "{asked:?}");
            let allowed = policy.grant(request("GET", asked).headers()).is_allowed();
            assert_eq!(allowed, headers.contains_key("access-control-allow-origin"));
        }
    }
}

#[test]
fn changes_nothing_more_when_applied_twice() {
    for asked in [&[][..], &[("origin", CRM)], &[("origin", EVIL)]] {
        let mut once = HeaderMap::new();
        once.insert("vary", HeaderValue::from_static("cookie"));
        once.insert("x-request-id", HeaderValue::from_static("1"));
        once.insert("access-control-allow-origin", HeaderValue::from_static("*"));
        applied(&drain_fortin(), asked, &mut once);
        let mut twice = once.clone();
        applied(&drain_fortin(), asked, &mut twice);
        assert_eq!(once, twice, "{asked:?}");
        assert!(!once.get_all("access-control-allow-origin").iter().any(|value| value == "*"));
    }
}

#[test]
fn takes_back_what_another_origin_was_granted() {
    let mut headers = HeaderMap::new();
    applied(&drain_fortin(), &[("origin", CRM)], &mut headers);
    applied(&drain_fortin(), &[("origin", EVIL)], &mut headers);
    assert_eq!(headers.len(), 1, "{headers:?}");
    assert_eq!(headers["vary"], "Origin");
}
