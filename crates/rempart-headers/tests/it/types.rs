use rempart_headers::{
    Csp, Headers, HeadersLayer, Nonce, Policy, PolicyBuilder, ResponseFuture, SecurityHeader,
};

#[test]
fn everything_is_send_sync_and_what_is_cloned_is_small() {
    fn size<T: Send + Sync + Clone>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size::<Policy>(), size_of::<usize>());
    assert_eq!(size::<Nonce>(), size_of::<usize>());
    assert_eq!(size::<HeadersLayer>(), 2 * size_of::<usize>());
    assert_eq!(size::<Headers<()>>(), 2 * size_of::<usize>());
    let _ = (size::<Csp>(), size::<PolicyBuilder>());
}

#[test]
fn a_future_is_what_its_inner_future_is() {
    fn send_sync<T: Send + Sync>() {}
    send_sync::<ResponseFuture<std::future::Ready<()>>>();
}

#[test]
fn names_are_those_on_the_wire() {
    let name = SecurityHeader::ContentSecurityPolicyReportOnly;
    assert_eq!(name.to_string(), "content-security-policy-report-only");
}
