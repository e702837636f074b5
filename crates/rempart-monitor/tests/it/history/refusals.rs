//! The last refusals: those that are alike count as one, so that a flood pushes nothing out.

use rempart_core::{ClientAddr, Event, EventKind, HttpMethod, KeyId, Observer, Outcome, Reason};
use rempart_monitor::{History, RecentRefusal};

use super::{START, history, name, seconds};

fn client(address: &str) -> ClientAddr {
    ClientAddr::new(address.parse().unwrap())
}

#[test]
fn keeps_the_last_refusals_and_counts_those_that_are_alike() {
    let (history, clock) = history();
    let (api, vapi) = (name("api"), name("vapi"));
    let refused = |kind, policy| Event::new(kind, Outcome::Refused, policy);
    let key = Some(KeyId::new("2026-q4").unwrap());
    history.observe(
        &refused(EventKind::Signature, &vapi)
            .reason(Reason::Mismatch)
            .client(Some(client("203.0.113.9")))
            .method(HttpMethod::Post)
            .route(Some("/webhooks/vapi"))
            .key(key),
    );
    clock.advance(seconds(5));
    let flood = refused(EventKind::RateLimit, &api).reason(Reason::QuotaExceeded);
    for _ in 0..1000 {
        history.observe(&flood.client(Some(client("198.51.100.7"))));
    }
    clock.advance(seconds(2));
    let snapshot = history.snapshot();
    let [flood, forged] = snapshot.refusals() else { panic!("{:?}", snapshot.refusals()) };
    assert_eq!((flood.name(), flood.count()), ("rate_limit.rejected", 1000));
    assert_eq!((flood.at(), flood.ago()), (START + seconds(5), seconds(2)));
    assert_eq!((flood.route(), flood.method(), flood.key()), (None, None, None));
    assert_eq!((forged.kind(), forged.outcome()), (EventKind::Signature, Outcome::Refused));
    assert_eq!((forged.name(), forged.reason()), ("signature.rejected", Some(Reason::Mismatch)));
    assert_eq!((forged.policy(), forged.client()), (&vapi, Some(client("203.0.113.9"))));
    assert_eq!((forged.route(), forged.method()), (Some("/webhooks/vapi"), Some(HttpMethod::Post)));
    assert_eq!((forged.key(), forged.count(), forged.ago()), (key, 1, seconds(7)));
}

#[test]
fn refusals_are_alike_if_what_is_told_of_them_is() {
    let (api, auth) = (name("api"), name("auth"));
    let base = Event::new(EventKind::Token, Outcome::Refused, &api)
        .reason(Reason::Expired)
        .client(Some(client("2001:db8::1")))
        .route(Some("/api/calls"));
    let mut shadowed = base;
    shadowed.outcome = Outcome::Shadowed;
    let mut of_admin = base;
    of_admin.kind = EventKind::Admin;
    let mut of_auth = base;
    of_auth.policy = &auth;
    #[rustfmt::skip]
    let rows = [
        // the second, whether it is another one
        (base,                                              false),
        (base.method(HttpMethod::Put),                      false),
        (base.client(Some(client("2001:db8::ffff:1"))),           false),
        (base.elapsed(seconds(1)),                          false),
        (base.client(Some(client("2001:db8:0:1::1"))),            true),
        (base.client(None),                                 true),
        (base.reason(Reason::Revoked),                      true),
        (base.route(Some("/api/leads")),                    true),
        (base.route(None),                                  true),
        (of_auth,                                           true),
        (of_admin,                                          true),
        (shadowed,                                          true),
    ];
    for (second, another) in rows {
        let (history, _) = history();
        history.observe(&base);
        history.observe(&second);
        let counts: Vec<_> =
            history.snapshot().refusals().iter().map(RecentRefusal::count).collect();
        assert_eq!(counts, if another { vec![1, 1] } else { vec![2] }, "{second:?}");
    }
}

#[test]
fn what_was_allowed_is_no_refusal_but_for_a_revoked_key() {
    let (history, _) = history();
    let policy = name("any");
    for kind in EventKind::ALL {
        history.observe(&Event::new(*kind, Outcome::Allowed, &policy));
    }
    let snapshot = history.snapshot();
    let kinds: Vec<_> = snapshot.refusals().iter().map(RecentRefusal::kind).collect();
    assert_eq!(kinds, [EventKind::KeyRevokedUse]);
}

#[test]
fn the_oldest_of_too_many_refusals_gives_way() {
    let (history, _) = history();
    let policy = name("api");
    let refused = |host: usize| {
        let host = Some(client(&format!("203.0.113.{host}")));
        history.observe(&Event::new(EventKind::Token, Outcome::Refused, &policy).client(host));
    };
    (0..History::REFUSALS).for_each(refused);
    // The first comes again, and so is not the oldest any more.
    refused(0);
    refused(History::REFUSALS);
    let snapshot = history.snapshot();
    let kept: Vec<_> = snapshot.refusals().iter().map(|r| (r.client(), r.count())).collect();
    assert_eq!(kept.len(), History::REFUSALS);
    assert_eq!(kept[0], (Some(client("203.0.113.50")), 1));
    assert_eq!(kept[1], (Some(client("203.0.113.0")), 2));
    assert_eq!(kept[2], (Some(client("203.0.113.49")), 1));
    assert_eq!(kept[49], (Some(client("203.0.113.2")), 1));
}

/// One address that varies its routes and its reasons, as long as it likes.
fn flood(history: &History, kind: EventKind, host: &str) {
    let policy = name("api");
    for route in 0..30 {
        for reason in [Reason::Mismatch, Reason::Expired, Reason::Malformed, Reason::Missing] {
            let route = format!("/api/{route}");
            let event = Event::new(kind, Outcome::Refused, &policy).reason(reason);
            history.observe(&event.client(Some(client(host))).route(Some(&route)));
        }
    }
}

fn kept(history: &History, host: &str) -> Vec<EventKind> {
    let snapshot = history.snapshot();
    let of_host = snapshot.refusals().iter().filter(|kept| kept.client() == Some(client(host)));
    of_host.map(RecentRefusal::kind).collect()
}

#[test]
fn a_flood_of_one_client_pushes_out_its_own() {
    let (history, _) = history();
    let policy = name("vapi");
    for kind in [EventKind::KeyRevokedUse, EventKind::Signature, EventKind::Token] {
        let event = Event::new(kind, Outcome::Refused, &policy).client(Some(client("203.0.113.9")));
        history.observe(&event);
    }
    for kind in [EventKind::Token, EventKind::CorsActual, EventKind::KeyRevokedUse] {
        flood(&history, kind, "198.51.100.7");
    }
    let of_it = [EventKind::Token, EventKind::Signature, EventKind::KeyRevokedUse];
    assert_eq!(kept(&history, "203.0.113.9"), of_it);
    assert_eq!(kept(&history, "198.51.100.7").len(), History::REFUSALS - 3);
}

#[test]
fn a_flood_of_one_kind_pushes_out_its_own() {
    let (history, _) = history();
    let policy = name("vapi");
    for kind in [EventKind::Signature, EventKind::Admin] {
        let event = Event::new(kind, Outcome::Refused, &policy).client(Some(client("203.0.113.9")));
        history.observe(&event);
    }
    for host in 0..100 {
        flood(&history, EventKind::Token, &format!("198.51.100.{host}"));
    }
    assert_eq!(kept(&history, "203.0.113.9"), [EventKind::Admin, EventKind::Signature]);
}

#[test]
fn what_is_critical_gives_way_to_what_is_critical_alone_and_takes_half_of_the_places() {
    let (history, _) = history();
    let critical = || {
        let kept = history.snapshot().refusals().to_vec();
        kept.iter().filter(|kept| kept.kind().is_critical()).count()
    };
    flood(&history, EventKind::KeyRevokedUse, "203.0.113.9");
    assert_eq!((critical(), history.snapshot().refusals().len()), (25, 25));
    for host in 0..100 {
        flood(&history, EventKind::Token, &format!("198.51.100.{host}"));
    }
    assert_eq!((critical(), history.snapshot().refusals().len()), (25, History::REFUSALS));
    flood(&history, EventKind::KeyRevokedUse, "203.0.113.8");
    assert_eq!((critical(), history.snapshot().refusals().len()), (25, History::REFUSALS));
    assert!(!kept(&history, "203.0.113.8").is_empty());
}
