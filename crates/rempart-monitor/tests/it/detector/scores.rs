use rempart_core::{EventKind, Observer, Outcome, Reason};

use super::{Rig, about, address, watch};

const CLIENT: &str = "203.0.113.9";

#[test]
fn a_refusal_adds_the_points_of_its_kind_and_nothing_else_does() {
    use EventKind as K;
    use Outcome::{Allowed, Error, Refused, Shadowed};
    #[rustfmt::skip]
    let rows = [
        // kind            outcome   reason                           points
        (K::Admin,         Refused,  Some(Reason::InsufficientScope),   5.0),
        (K::Admin,         Refused,  Some(Reason::AddressDenied),       5.0),
        (K::Admin,         Refused,  Some(Reason::Mismatch),            5.0),
        // A token that ended, or a page elsewhere that names one of our addresses.
        (K::Admin,         Refused,  Some(Reason::Missing),             1.0),
        (K::Admin,         Refused,  Some(Reason::Expired),             1.0),
        (K::Admin,         Refused,  Some(Reason::CrossSite),           1.0),
        (K::Authorization, Refused,  Some(Reason::BrowserCredential),   5.0),
        (K::Authorization, Refused,  Some(Reason::Missing),             1.0),
        (K::Authorization, Refused,  Some(Reason::Expired),             1.0),
        (K::Authorization, Refused,  Some(Reason::InsufficientScope),   5.0),
        (K::Signature,     Refused,  Some(Reason::Mismatch),            5.0),
        (K::Signature,     Refused,  Some(Reason::Expired),             5.0),
        // An image whose source is a webhook.
        (K::Signature,     Refused,  Some(Reason::Missing),             1.0),
        (K::Token,         Refused,  Some(Reason::Mismatch),            3.0),
        (K::Token,         Refused,  None,                              3.0),
        // What a page does whose session has ended, once for each thing that it asks for.
        (K::Token,         Refused,  Some(Reason::Missing),             1.0),
        (K::Token,         Refused,  Some(Reason::Expired),             1.0),
        (K::Replay,        Refused,  Some(Reason::Replayed),            3.0),
        // What a sender does that waited too long.
        (K::Replay,        Refused,  Some(Reason::InFlight),            1.0),
        (K::CorsActual,    Refused,  Some(Reason::OriginNotAllowed),    1.0),
        (K::CorsPreflight, Refused,  Some(Reason::MethodNotAllowed),    1.0),
        (K::FetchMetadata, Refused,  Some(Reason::CrossSite),           1.0),
        (K::RateLimit,     Refused,  Some(Reason::QuotaExceeded),       1.0),
        (K::Body,          Refused,  Some(Reason::TooLarge),            1.0),
        (K::Report,        Refused,  Some(Reason::InvalidBody),         1.0),
        // Told beside the refusal of the signature.
        (K::KeyRevokedUse, Refused,  Some(Reason::RevokedKey),          0.0),
        // The service's own faults.
        (K::ClientAddress, Refused,  Some(Reason::Malformed),           0.0),
        (K::ConfigReload,  Refused,  Some(Reason::InvalidConfiguration), 0.0),
        (K::JwksRefresh,   Refused,  Some(Reason::BackendUnavailable),  0.0),
        (K::KeyState,      Refused,  Some(Reason::Operator),            0.0),
        (K::SecretEgress,  Refused,  Some(Reason::SecretExposed),       0.0),
        // What the detector and its layer say themselves: so a ban ends.
        (K::ClientAnomaly, Refused,  Some(Reason::Banned),              0.0),
        (K::ClientAnomaly, Refused,  Some(Reason::AbnormalConduct),     0.0),
        // Served, or not the client's doing.
        (K::Signature,     Allowed,  None,                              0.0),
        (K::RateLimit,     Allowed,  None,                              0.0),
        (K::CorsActual,    Shadowed, Some(Reason::OriginNotAllowed),    0.0),
        (K::Token,         Error,    Some(Reason::BackendUnavailable),  0.0),
    ];
    let judged = |kind: &K| rows.iter().any(|row| row.0 == *kind && row.1 == Refused);
    assert!(K::ALL.iter().all(judged), "a kind that is added is to be judged");
    for (kind, outcome, reason, points) in rows {
        let rig = Rig::new(watch());
        rig.see(kind, outcome, reason, CLIENT);
        about(rig.score(CLIENT), points);
        assert_eq!(rig.heard.count(), 0, "{kind:?}");
    }
}

#[test]
fn the_points_of_a_kind_are_the_policys_word() {
    let rig = Rig::new(watch().points(EventKind::Token, 7).points(EventKind::CorsActual, 0));
    rig.see(EventKind::Token, Outcome::Refused, Some(Reason::Mismatch), CLIENT);
    rig.see(EventKind::Token, Outcome::Refused, Some(Reason::Missing), CLIENT);
    rig.see(EventKind::CorsActual, Outcome::Refused, Some(Reason::OriginNotAllowed), CLIENT);
    about(rig.score(CLIENT), 8.0);
    let rig = Rig::new(watch().points(EventKind::Token, 0));
    rig.see(EventKind::Token, Outcome::Refused, Some(Reason::Missing), CLIENT);
    about(rig.score(CLIENT), 0.0);
}

/// What a page of anybody's can have a browser do, image by image.
const PROVOKED: [(EventKind, Reason); 8] = [
    (EventKind::Signature, Reason::Missing),
    (EventKind::Token, Reason::Missing),
    (EventKind::Admin, Reason::Missing),
    (EventKind::CorsActual, Reason::OriginNotAllowed),
    (EventKind::CorsPreflight, Reason::OriginNotAllowed),
    (EventKind::FetchMetadata, Reason::CrossSite),
    (EventKind::RateLimit, Reason::QuotaExceeded),
    (EventKind::Body, Reason::TooLarge),
];

#[test]
fn what_a_page_can_have_a_browser_do_counts_one_and_twenty_in_ten_seconds_stand_out() {
    for (kind, reason) in PROVOKED {
        let rig = Rig::new(watch());
        for nth in 0..20 {
            assert_eq!(rig.heard.count(), usize::from(nth > 10), "{kind} {nth}");
            rig.see(kind, Outcome::Refused, Some(reason), CLIENT);
            rig.advance(500);
        }
    }
}

#[test]
fn what_a_page_can_have_a_browser_do_is_overlooked_if_the_policy_says_so() {
    let policy = || watch().overlook_provoked().ban(std::time::Duration::from_secs(600));
    let rig = Rig::new(policy());
    for (kind, reason) in PROVOKED.into_iter().cycle().take(1_000) {
        rig.see(kind, Outcome::Refused, Some(reason), CLIENT);
    }
    about(rig.score(CLIENT), 0.0);
    // What no page can do is not.
    rig.see(EventKind::Signature, Outcome::Refused, Some(Reason::Mismatch), CLIENT);
    rig.see(EventKind::Token, Outcome::Refused, Some(Reason::Mismatch), CLIENT);
    about(rig.score(CLIENT), 8.0);
    let rig = Rig::new(policy().points(EventKind::RateLimit, 2));
    rig.see(EventKind::RateLimit, Outcome::Refused, Some(Reason::QuotaExceeded), CLIENT);
    about(rig.score(CLIENT), 2.0);
}

#[test]
fn a_scraper_whose_token_has_ended_does_not_stand_out() {
    let rig = Rig::new(watch());
    for _ in 0..1_000 {
        rig.see(EventKind::Admin, Outcome::Refused, Some(Reason::Expired), CLIENT);
        rig.advance(15_000);
    }
    assert_eq!(rig.heard.count(), 0);
}

#[test]
fn a_point_leaks_away_in_ten_seconds() {
    let rig = Rig::new(watch());
    rig.bad_token(CLIENT);
    for (milliseconds, left) in [(0, 3.0), (5_000, 2.5), (5_000, 2.0), (19_999, 0.0001), (1, 0.0)] {
        rig.advance(milliseconds);
        about(rig.score(CLIENT), left);
    }
    rig.advance(1_000_000);
    about(rig.score(CLIENT), 0.0);
    // And from nothing on, as before.
    rig.bad_token(CLIENT);
    about(rig.score(CLIENT), 3.0);
}

#[test]
fn stands_out_from_ten_points_on() {
    let rig = Rig::new(watch());
    for points in 1..10 {
        rig.point(CLIENT);
        assert!(!rig.standing(CLIENT).abnormal, "{points}");
    }
    assert_eq!(rig.heard.count(), 0);
    rig.point(CLIENT);
    assert!(rig.standing(CLIENT).abnormal);
    let word = (Outcome::Shadowed, Reason::AbnormalConduct, CLIENT.to_owned());
    assert_eq!(rig.heard.words(), [word]);
    rig.advance(1);
    assert!(!rig.standing(CLIENT).abnormal);
}

#[test]
fn a_score_ends_at_twice_the_threshold_so_that_the_past_is_forgotten() {
    let rig = Rig::new(watch());
    for _ in 0..1_000 {
        rig.bad_token(CLIENT);
    }
    about(rig.score(CLIENT), 20.0);
    rig.advance(100_001);
    assert!(!rig.standing(CLIENT).abnormal);
}

#[test]
fn one_client_is_an_ipv4_address_or_an_ipv6_network_of_64_bits() {
    #[rustfmt::skip]
    let rows = [
        ("203.0.113.9",         "203.0.113.9",           true),
        ("203.0.113.9",         "::ffff:203.0.113.9",    true),
        ("203.0.113.9",         "203.0.113.8",           false),
        ("203.0.113.9",         "203.0.112.9",           false),
        ("2001:db8:1:2::1",     "2001:db8:1:2:3:4:5:6",  true),
        ("2001:db8:1:2::1",     "2001:db8:1:3::1",       false),
        // The same bits in another family.
        ("0.0.0.1",             "0:0:0:1::",             false),
        ("::1",                 "0.0.0.0",               false),
    ];
    for (first, second, same) in rows {
        let rig = Rig::new(watch());
        rig.bad_token(first);
        about(rig.score(second), if same { 3.0 } else { 0.0 });
        assert_eq!(rig.standing(first).who, address(first).identity());
        assert_eq!(rig.detector.worst(2).len(), 1);
        assert_eq!(rig.detector.worst(2)[0].who, address(first).identity());
    }
}

#[test]
fn an_event_of_nobody_is_overlooked() {
    let rig = Rig::new(watch());
    let event = rempart_core::Event::new(EventKind::Token, Outcome::Refused, &rig.policy);
    rig.detector.observe(&event);
    assert_eq!(rig.detector.tracked(), 0);
}

#[test]
fn a_pardon_forgets_the_client_and_its_network() {
    let rig = Rig::new(watch().ban(std::time::Duration::from_secs(600)).ban_networks());
    for host in 0..40 {
        rig.bad_token(&format!("203.0.113.{host}"));
    }
    for _ in 0..4 {
        rig.bad_token(CLIENT);
    }
    let client = address(CLIENT);
    assert!(rig.standing(CLIENT).banned.is_some() && rig.detector.banned(client).is_some());
    assert!(rig.detector.banned(address("203.0.113.200")).is_some());
    rig.detector.pardon(client);
    about(rig.score(CLIENT), 0.0);
    assert_eq!(rig.detector.banned(client), None);
    assert_eq!(rig.detector.banned(address("203.0.113.200")), None);
    // The neighbour's own score stays.
    about(rig.score("203.0.113.1"), 3.0);
}
