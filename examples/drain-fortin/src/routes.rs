//! The routes: who handles each, which class it declares, what stands before it.

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use thiserror::Error;

use crate::admin::AdminLayer;
use crate::app::App;
use crate::fault::Fault;
use crate::guard::Guard;
use crate::onion::Onion;
use crate::{
    body, health, keys, leads, lists, monitor, page, reports, security, session, twilio, vapi,
};

/// Which limit a route counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Webhook,
    Api,
    Auth,
    Page,
    Reports,
    Unmatched,
    /// None: the stated exceptions.
    Unlimited,
    /// None: what is not public has a gate, which counts by itself.
    Admin,
    /// The same, shown in a browser.
    Security,
}

/// The class of every public route. A path that is served and does not stand here stops the start.
pub(crate) const CLASSES: [(&str, Class); 13] = [
    ("/", Class::Page),
    ("/.well-known/security.txt", Class::Unlimited),
    ("/api/calls", Class::Api),
    ("/api/calls/{id}", Class::Api),
    ("/api/leads", Class::Api),
    ("/api/messages", Class::Api),
    ("/auth/login", Class::Auth),
    ("/auth/logout", Class::Auth),
    ("/auth/refresh", Class::Auth),
    ("/healthz", Class::Unlimited),
    ("/reports", Class::Reports),
    ("/webhooks/twilio/sms", Class::Webhook),
    ("/webhooks/vapi", Class::Webhook),
];

/// Whether nothing limits how often a route is asked for.
pub(crate) fn is_unlimited(route: &str) -> bool {
    CLASSES.iter().any(|(path, class)| *path == route && *class == Class::Unlimited)
}

/// A route declares no class.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the route `{path}` declares no class of limits: it is not served without one")]
pub struct Undeclared {
    path: &'static str,
}

/// Every public route in its onion, each of the class that it is declared to be of.
pub(crate) fn router(
    onion: &Onion,
    vapi_signature: rempart_signature::SignatureLayer,
    twilio_signature: rempart_signature::SignatureLayer,
    declared: &[(&str, Class)],
) -> Result<Router, Undeclared> {
    let open = || (body::MOST, Guard::Open);
    let token = || (body::MOST, Guard::Token(onion.token.clone()));
    // What verifies a signature bounds the body by itself, after the checks that read none of it.
    let signed = |layer| (usize::MAX, Guard::Signature(layer));
    let routes: [(_, MethodRouter<App>, (usize, Guard)); 13] = [
        ("/webhooks/vapi", post(vapi::receive), signed(vapi_signature)),
        ("/webhooks/twilio/sms", post(twilio::receive), signed(twilio_signature)),
        ("/auth/login", post(session::login), open()),
        ("/auth/refresh", post(session::refresh), open()),
        ("/auth/logout", post(session::logout), token()),
        ("/api/calls", get(lists::calls), token()),
        ("/api/calls/{id}", get(lists::call), token()),
        ("/api/messages", get(lists::messages), token()),
        ("/api/leads", get(lists::leads).post(leads::add), token()),
        ("/", get(page::page), open()),
        ("/reports", post(reports::receive), (reports::MOST, Guard::Open)),
        ("/healthz", get(health::healthz), open()),
        ("/.well-known/security.txt", get(health::security_txt), open()),
    ];
    let nowhere = Router::new().fallback(|| async { Fault::NotFound });
    let mut all = onion.around(nowhere, Class::Unmatched, body::MOST, Guard::Open);
    for (path, handlers, (most, guard)) in routes {
        let class = class_of(path, declared)?;
        let route = Router::new().route(path, handlers);
        all = all.merge(onion.around(route, class, most, guard));
    }
    Ok(all.with_state(onion.app.clone()))
}

/// Every route of the administration in its onion. All but the health of the service, and that
/// there is nothing at a path, is behind the gate.
/// Who looks at the figures passes by `watch`, and is no administrator at work.
pub(crate) fn admin(onion: &Onion, gate: AdminLayer, watch: AdminLayer) -> Router {
    let around = |routes, guard| onion.around(routes, Class::Admin, body::MOST, guard);
    let open = Router::new().route("/healthz", get(health::healthz));
    let open = open.fallback(|| async { Fault::NotFound });
    let guarded = Router::new().route("/keys", get(keys::list));
    let guarded = guarded.route("/keys/reload", post(keys::reload));
    let watched = Router::new().route("/metrics", get(monitor::metrics));
    let all = around(open, Guard::Open).merge(around(guarded, Guard::Admin(gate)));
    let all = all.merge(around(watched, Guard::Admin(watch.clone())));
    let page = Router::new().route("/security", get(security::page));
    let all = all.merge(onion.around(page, Class::Security, body::MOST, Guard::Admin(watch)));
    all.with_state(onion.app.clone())
}

/// The class that a route declares.
fn class_of(path: &'static str, declared: &[(&str, Class)]) -> Result<Class, Undeclared> {
    let found = declared.iter().find(|(declared, _)| *declared == path);
    found.map(|(_, class)| *class).ok_or(Undeclared { path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assembly;
    use crate::onion::tests::onion;

    #[tokio::test]
    async fn a_route_without_a_class_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let onion = onion(folder.path()).await;
        assert!(assembly::router(&onion, &CLASSES).is_ok());
        for (path, _) in CLASSES {
            let others = CLASSES.into_iter().filter(|(declared, _)| *declared != path);
            let fault = assembly::router(&onion, &others.collect::<Vec<_>>()).unwrap_err();
            let said = format!("the route `{path}` declares no class");
            assert!(fault.to_string().contains(&said), "{fault}");
        }
    }

    #[test]
    fn only_the_stated_exceptions_are_unlimited() {
        let unlimited = CLASSES.iter().filter(|(_, class)| *class == Class::Unlimited);
        let paths: Vec<_> = unlimited.map(|(path, _)| *path).collect();
        assert_eq!(paths, ["/.well-known/security.txt", "/healthz"]);
    }
}
