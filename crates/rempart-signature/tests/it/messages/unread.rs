//! What a key signed that is none any more, or never was, is refused without a look at the body.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{EventKind, ManualClock, RequestBody};
use rempart_keys::KeyRing;
use rempart_testing::strict;
use tower::{Layer, ServiceExt};

use super::changes::rotated;
use super::{ALL, PLAIN, Sent, building, good, wanted};
use crate::support::{NOW, OTHER_SECRET, id, layer};
use crate::unread::Untouchable;

#[tokio::test]
async fn a_key_that_verifies_nothing_now_has_no_body_read() {
    use rempart_core::Reason::{Mismatch, RevokedKey, UnknownKey};
    const REFUSED: EventKind = EventKind::Signature;
    const USED: EventKind = EventKind::KeyRevokedUse;

    let second = Duration::from_secs(1);
    let revoked = |ring: KeyRing| ring.revoke(id("current")).unwrap();
    let of = |keyid: &str| Sent::new().signed("sig", &ALL, &PLAIN.replace("current", keyid));
    let next = |sent: Sent| sent.by(OTHER_SECRET).signed("sig", &ALL, PLAIN);
    #[rustfmt::skip]
    let rows = [
        ("a retiring key that has ended",  rotated(NOW),                   good(),           Mismatch,   &[REFUSED][..]),
        ("long ago",                       rotated(second),                good(),           Mismatch,   &[REFUSED]),
        ("one that is revoked",            revoked(rotated(NOW + second)), good(),           RevokedKey, &[REFUSED, USED]),
        ("its name, and another's secret", revoked(rotated(NOW + second)), next(Sent::new()), UnknownKey, &[REFUSED]),
        ("a name that no key has",         rotated(NOW + second),          of("nobody"),     UnknownKey, &[REFUSED]),
        ("none at all",                    rotated(NOW + second),          of(""),           UnknownKey, &[REFUSED]),
    ];
    for (name, ring, sent, reason, kinds) in rows {
        let clock = ManualClock::at(NOW);
        let (layer, recorder) = layer(building(wanted()).keys(ring).build().unwrap(), &clock);
        let service = strict(|_: Request<RequestBody<Untouchable>>| async {
            Response::new(Full::<Bytes>::default())
        });
        let response = layer.layer(service).oneshot(sent.request(Untouchable)).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{name}");
        let told = recorder.told();
        assert_eq!(told.iter().map(|told| told.kind).collect::<Vec<_>>(), kinds, "{name}");
        assert!(told.iter().all(|told| told.reason == Some(reason)), "{name}: {told:?}");
    }
}
