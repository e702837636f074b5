//! URLs as they may have been when they were signed.

use http::{Uri, header};

use super::{Arrived, UrlChange};
use crate::public_url::{Origins, with_other_slash};
use crate::{Part, Policy, PublicUrl, Scheme, UrlForm, verify};

/// The URL that was signed, if it differs in one thing from the one that is configured.
pub(super) fn called_otherwise(
    policy: &Policy,
    signing: &Scheme,
    (head, body, now): Arrived<'_>,
) -> Option<UrlChange> {
    if !signing.template().has(&Part::Url) {
        return None;
    }
    let configured = policy.public_url()?.as_str();
    let called = head.path_and_query();
    let path = called.split('?').next().unwrap_or_default();
    let signed = |origin: &str, target: &str| {
        let (Ok(origin), Ok(target)) = (origin.parse::<PublicUrl>(), target.parse::<Uri>()) else {
            return false;
        };
        let form = match signing.url_form() {
            UrlForm::WebSocket => UrlForm::WithAndWithoutPort,
            form => form,
        };
        let policy = policy.with_other_origins(Origins::new(&[origin], form, false));
        verify(&policy, &head.at(&target), body, now).is_ok()
    };
    let (scheme, rest) = configured.split_once("://")?;
    let schemes = ["https", "http", "wss", "ws"].into_iter().filter(|other| *other != scheme);
    let schemes = schemes.map(|other| format!("{other}://{rest}"));
    if schemes.into_iter().any(|origin| signed(&origin, called)) {
        return Some(UrlChange::Scheme);
    }
    if signed(configured, &with_other_slash(called)) {
        return Some(UrlChange::Slash);
    }
    if path != called && signed(configured, path) {
        return Some(UrlChange::Query);
    }
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok())?;
    ["https", "http"]
        .into_iter()
        .any(|scheme| signed(&format!("{scheme}://{host}"), called))
        .then_some(UrlChange::Host)
}
