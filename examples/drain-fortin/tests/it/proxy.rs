//! Forwarding headers count when a trusted proxy sends them, and only then.

use drain_fortin::{Config, DataOption, Log, Running, ServeOptions, serve_without};
use http::{HeaderMap, Request, Response};

use crate::house::send;

async fn behind(proxies: &str, folder: &std::path::Path) -> Running {
    let any = "127.0.0.1:0".parse().unwrap();
    let data = DataOption { folder: folder.to_owned() };
    let options =
        ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None };
    let variables = [("TRUSTED_PROXIES", proxies), ("PUBLIC_URL", "https://crm.example")];
    let config = Config::load(&options, variables, None).unwrap();
    let log = Log::to(&config, std::io::sink).unwrap();
    serve_without(config, None, log).await.unwrap()
}

async fn page(running: &Running, headers: &[(&'static str, &str)]) -> Response<Vec<u8>> {
    let mut request = Request::get("/").body(String::new()).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    send(running.public, request).await
}

fn hsts(headers: &HeaderMap) -> bool {
    headers.contains_key("strict-transport-security")
}

#[tokio::test]
async fn https_is_what_a_trusted_proxy_says_it_is_once() {
    let folder = tempfile::tempdir().unwrap();
    for (proxies, forwarded, secure) in [
        ("127.0.0.0/8", &[("x-forwarded-proto", "https")][..], true),
        ("127.0.0.0/8", &[("x-forwarded-proto", "http")], false),
        ("127.0.0.0/8", &[], false),
        ("127.0.0.0/8", &[("x-forwarded-proto", "https, http")], false),
        ("127.0.0.0/8", &[("x-forwarded-proto", "https"), ("x-forwarded-proto", "https")], false),
        ("10.0.0.0/8", &[("x-forwarded-proto", "https")], false),
        ("", &[("x-forwarded-proto", "https")], false),
    ] {
        let running = behind(proxies, folder.path()).await;
        let answer = page(&running, forwarded).await;
        assert_eq!(hsts(answer.headers()), secure, "{proxies}: {forwarded:?}");
        running.stop.gracefully().await;
    }
}

#[tokio::test]
async fn each_client_of_a_trusted_proxy_has_a_limit_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let left = |answer: &Response<Vec<u8>>| {
        let field = answer.headers()["ratelimit"].to_str().unwrap().to_owned();
        field.split(';').find_map(|part| part.strip_prefix("r=")?.parse::<u32>().ok()).unwrap()
    };
    let running = behind("127.0.0.1/32, 10.0.0.0/8", folder.path()).await;
    for (hops, expected) in [
        ("203.0.113.1", 99),
        ("203.0.113.2", 99),
        // Both are told apart by the last hop that is no proxy.
        ("198.51.100.9, 203.0.113.1", 98),
        ("203.0.113.1, 10.0.0.7", 97),
        // Every hop trusted: the leftmost is the client.
        ("10.0.0.1, 10.0.0.2", 99),
        ("10.0.0.1, 10.0.0.3", 98),
    ] {
        assert_eq!(left(&page(&running, &[("x-forwarded-for", hops)]).await), expected, "{hops}");
    }
    running.stop.gracefully().await;
}

#[tokio::test]
async fn the_page_may_post_to_its_own_origin_without_cors() {
    let folder = tempfile::tempdir().unwrap();
    let running = behind("", folder.path()).await;
    let answer = page(&running, &[("origin", "https://crm.example")]).await;
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
    running.stop.gracefully().await;
}
