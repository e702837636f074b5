use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use rempart_core::ClientScheme;
use rempart_headers::{HeadersLayer, Nonce, Policy};
use rempart_testing::strict;
use tower::{Layer, ServiceExt};

/// The headers of what a handler with these headers sends through `policy`.
pub(crate) async fn sent(policy: &Policy, request: Request<()>, own: HeaderMap) -> HeaderMap {
    answer(policy, request, StatusCode::OK, own, false).await
}

/// The same with a status, and with a handler that may read the nonce.
pub(crate) async fn answer(
    policy: &Policy,
    request: Request<()>,
    status: StatusCode,
    own: HeaderMap,
    reads_nonce: bool,
) -> HeaderMap {
    let handler = strict(move |request: Request<()>| {
        let mut response = Response::new(());
        *response.status_mut() = status;
        response.headers_mut().clone_from(&own);
        if reads_nonce {
            let nonce = Nonce::of(request.extensions()).unwrap().as_str().to_owned();
            response.headers_mut().insert("x-page-nonce", HeaderValue::try_from(nonce).unwrap());
        }
        async move { response }
    });
    let service = HeadersLayer::new(policy.clone()).layer(handler);
    service.oneshot(request).await.unwrap().headers().clone()
}

pub(crate) fn get(scheme: Option<ClientScheme>) -> Request<()> {
    let mut request = Request::new(());
    if let Some(scheme) = scheme {
        request.extensions_mut().insert(scheme);
    }
    request
}

pub(crate) fn https() -> Request<()> {
    get(Some(ClientScheme::Https))
}

pub(crate) fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let parse = |text: &str| text.parse::<HeaderName>().unwrap();
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.append(parse(name), value.parse().unwrap());
    }
    map
}

/// The lines of a header, in their order.
pub(crate) fn lines<'a>(map: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    map.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}
