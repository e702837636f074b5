//! The handler's own headers: which stand, and which the policy replaces.

use http::HeaderMap;
use rempart_headers::{Csp, EmbedderPolicy, Policy, PolicyBuilder, SecurityHeader, Source};

use crate::support::{headers, https, lines, sent};

/// A policy that sends every header there is.
fn full() -> PolicyBuilder {
    Policy::page("full")
        .csp(Csp::api().report_to("csp"))
        .csp_report_only(Csp::api().img_src([Source::SelfOrigin]).report_to("csp"))
        .embedder_policy(EmbedderPolicy::RequireCorp)
        .endpoint("csp", "/reports")
        .no_store()
}

const ALL: [SecurityHeader; 12] = [
    SecurityHeader::CacheControl,
    SecurityHeader::ContentSecurityPolicy,
    SecurityHeader::ContentSecurityPolicyReportOnly,
    SecurityHeader::CrossOriginEmbedderPolicy,
    SecurityHeader::CrossOriginOpenerPolicy,
    SecurityHeader::CrossOriginResourcePolicy,
    SecurityHeader::PermissionsPolicy,
    SecurityHeader::ReferrerPolicy,
    SecurityHeader::ReportingEndpoints,
    SecurityHeader::StrictTransportSecurity,
    SecurityHeader::XContentTypeOptions,
    SecurityHeader::XFrameOptions,
];

/// A handler with this one header of its own, and with so many others that the policy's are put
/// among them, or they among the policy's.
fn own(header: SecurityHeader, others: usize) -> HeaderMap {
    let mut map = headers(&[
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        (header.name().as_str(), "own"),
        ("set-cookie", "c=3"),
        (header.name().as_str(), "own too"),
    ]);
    for nth in 0..others {
        map.extend(headers(&[(&format!("x-other-{nth}"), "1")]));
    }
    map
}

#[tokio::test]
async fn each_header_is_kept_or_replaced_as_the_policy_says() {
    use SecurityHeader as H;
    let by_default = |header| matches!(header, H::XContentTypeOptions | H::StrictTransportSecurity);
    for others in [0, 40] {
        for header in ALL {
            let rows = [
                ("by default", full(), by_default(header)),
                ("keep", full().enforce_all().keep(header), false),
                ("keep_all", full().keep_all(), false),
                ("enforce", full().keep_all().enforce(header), true),
                ("enforce_all", full().enforce_all(), header != H::CacheControl),
            ];
            for (row, builder, replaced) in rows {
                let policy = builder.build().unwrap();
                let map = sent(&policy, https(), own(header, others)).await;
                let got = lines(&map, header.name().as_str());
                if replaced {
                    assert!(got.len() == 1 && got != ["own"], "{header}, {row}: {got:?}");
                } else {
                    assert_eq!(got, ["own", "own too"], "{header}, {row}");
                }
                assert_eq!(lines(&map, "set-cookie"), ["a=1", "b=2", "c=3"], "{header}, {row}");
                assert_eq!(map.keys_len(), 12 + 1 + others, "{header}, {row}");
            }
        }
    }
}

#[tokio::test]
async fn a_header_that_the_policy_sends_no_more_is_the_handlers_matter() {
    for header in ALL {
        let mut builder = full().enforce_all().without(header);
        if header == SecurityHeader::ReportingEndpoints {
            builder =
                builder.csp(Csp::api()).without(SecurityHeader::ContentSecurityPolicyReportOnly);
        }
        let policy = builder.build().unwrap();
        let map = sent(&policy, https(), HeaderMap::new()).await;
        assert!(!map.contains_key(header.name()), "{header}");
        let map = sent(&policy, https(), own(header, 0)).await;
        assert_eq!(lines(&map, header.name().as_str()), ["own", "own too"], "{header}");
    }
}

#[tokio::test]
async fn of_two_layers_the_inner_one_has_the_word() {
    use http::{Request, Response};
    use rempart_headers::HeadersLayer;
    use tower::{Layer, ServiceExt};

    let handler = rempart_testing::strict(|_: Request<()>| async { Response::new(()) });
    let inner = Policy::builder("inner").csp(Csp::api().img_src(["'self'"])).build().unwrap();
    let outer = Policy::api("outer").build().unwrap();
    let service = HeadersLayer::new(outer).layer(HeadersLayer::new(inner).layer(handler));
    let response = service.oneshot(https()).await.unwrap();
    let want = "default-src 'none'; img-src 'self'; frame-ancestors 'none'";
    assert_eq!(lines(response.headers(), "content-security-policy"), [want]);
    assert_eq!(lines(response.headers(), "x-frame-options"), ["DENY"]);
    assert_eq!(lines(response.headers(), "x-content-type-options"), ["nosniff"]);
}
