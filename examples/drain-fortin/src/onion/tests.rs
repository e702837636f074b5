use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use rempart_core::{Observers, PeerAddr};
use tower::ServiceExt;

use super::*;
use crate::keys::{Hidden, Keys};
use crate::monitor::Monitor;
use crate::policy::CRM;
use crate::{Config, DataOption, ServeOptions, assembly};

/// The onion of a service in development, over a folder of a test's own.
pub(crate) async fn onion(folder: &Path) -> Onion {
    let any = "127.0.0.1:0".parse().unwrap();
    let data = DataOption { folder: folder.to_owned() };
    let options =
        ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None };
    let config = Config::load(&options, [("RUST_LOG", "off")], None).unwrap();
    let monitor = Monitor::new(&config.clock).unwrap();
    let hidden = Hidden::new(Arc::clone(&config.variables)).unwrap();
    let keys = Keys::open(&config, hidden.clone(), Observers::from(())).unwrap();
    let app = assembly::app(&config, keys, "http://127.0.0.1:1", &monitor, None).await.unwrap();
    assembly::onion(&config, app, &hidden, None).unwrap()
}

async fn panics() -> &'static str {
    panic!("a made-up panic of the tests")
}

async fn answer(path: &str) -> Response {
    let folder = tempfile::tempdir().unwrap();
    let onion = onion(folder.path()).await;
    let routes = Router::new()
        .route("/panics", get(panics))
        .route("/hangs", get(std::future::pending::<&str>));
    let service = onion.around(routes, Class::Api, 16, Guard::Open).with_state(onion.app.clone());
    let mut request =
        Request::get(path).header("origin", CRM).body(axum::body::Body::empty()).unwrap();
    request.extensions_mut().insert(PeerAddr("192.0.2.1:1".parse().unwrap()));
    service.oneshot(request).await.unwrap()
}

fn is_a_problem_that_a_page_can_read(answer: &Response) {
    let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-type"), Some("application/problem+json"));
    assert_eq!(header("access-control-allow-origin"), Some(CRM));
    assert_eq!(header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        header("content-security-policy"),
        Some("default-src 'none'; frame-ancestors 'none'")
    );
    assert_eq!(header("x-request-id").map(str::len), Some(32));
}

#[tokio::test]
async fn a_panic_is_a_500_with_every_header() {
    let answer = answer("/panics").await;
    assert_eq!(answer.status(), 500);
    is_a_problem_that_a_page_can_read(&answer);
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_a_503_with_every_header() {
    let begun = tokio::time::Instant::now();
    let answer = answer("/hangs").await;
    assert_eq!(answer.status(), 503);
    assert!(begun.elapsed() >= PATIENCE && begun.elapsed() < PATIENCE + Duration::from_secs(1));
    is_a_problem_that_a_page_can_read(&answer);
}

#[tokio::test]
async fn a_service_that_nobody_told_of_addresses_serves_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let onion = onion(folder.path()).await;
    let routes = Router::new().route("/", get(|| async { "served" }));
    for (class, status) in [(Class::Api, 500), (Class::Unlimited, 200)] {
        let service =
            onion.around(routes.clone(), class, 16, Guard::Open).with_state(onion.app.clone());
        let request = Request::get("/").body(axum::body::Body::empty()).unwrap();
        assert_eq!(service.oneshot(request).await.unwrap().status(), status, "{class:?}");
    }
}
