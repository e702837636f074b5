use std::time::Duration;

use rempart_core::{Outcome, Reason};

use super::{Heard, Rig, address, watch};

fn of_networks(heard: &Heard) -> usize {
    heard.words().iter().filter(|(_, reason, _)| *reason == Reason::AbnormalNetwork).count()
}

/// What it owns, the addresses that it takes, whether it is found.
type Row = (&'static str, fn(u32) -> String, bool);

#[test]
fn an_attacker_that_takes_a_new_address_each_time_is_found_by_its_network() {
    #[rustfmt::skip]
    let rows: [Row; 4] = [
        // what it owns            what it takes                                     found
        ("an IPv4 /24",            |n| format!("203.0.113.{n}"),                     true),
        ("an IPv6 /48",            |n| format!("2001:db8:1:{n:x}::1"),               true),
        // The promise ends there: each of its networks would be seen once.
        ("an IPv6 /32",            |n| format!("2001:db8:{n:x}::1"),                 false),
        ("as many IPv4 /24",       |n| format!("203.0.{n}.1"),                       false),
    ];
    for (owns, takes, found) in rows {
        let rig = Rig::new(watch());
        for n in 0..100 {
            rig.bad_token(&takes(n));
            rig.advance(100);
            let told = of_networks(&rig.heard);
            // 80 points, three for each, less the 0.8 that leak away in a second.
            assert_eq!(told, usize::from(found && n >= 27), "{owns}: {n}");
        }
        assert_eq!(rig.heard.count(), usize::from(found), "no single one stood out");
    }
}

#[test]
fn is_told_of_by_the_address_that_made_it_stand_out_and_again_after_the_pause() {
    let rig = Rig::new(watch());
    let mut told_of = None;
    for n in 0..200_u64 {
        let client = format!("2001:db8:1:{n:x}::1");
        rig.bad_token(&client);
        if rig.heard.count() == 1 && told_of.is_none() {
            told_of = Some(client);
        }
    }
    let word = (Outcome::Shadowed, Reason::AbnormalNetwork, told_of.unwrap());
    assert_eq!(rig.heard.words(), [word]);
    rig.advance(60_000);
    rig.bad_token("2001:db8:1:ffff::1");
    assert_eq!(of_networks(&rig.heard), 2);
}

#[test]
fn one_client_alone_does_not_make_its_network_stand_out() {
    let rig = Rig::new(watch());
    for _ in 0..1_000 {
        rig.bad_token("203.0.113.9");
        rig.advance(100);
    }
    assert_eq!(of_networks(&rig.heard), 0);
    // Nor do five.
    for host in 10..14 {
        for _ in 0..100 {
            rig.bad_token(&format!("203.0.113.{host}"));
        }
    }
    assert_eq!(of_networks(&rig.heard), 0);
    assert!(!rig.detector.busiest_networks(1)[0].abnormal);
}

#[test]
fn a_large_network_has_offenders_at_all_times() {
    // More points than any network may have, from one request in three.
    let rig = Rig::new(watch());
    for second in 0..60 {
        for host in 0..20 {
            let client = format!("203.0.113.{}", (second * 20 + host) % 250);
            rig.bad_token(&client);
            rig.asks(&client);
            rig.asks(&client);
        }
        rig.advance(1_000);
    }
    assert_eq!(of_networks(&rig.heard), 0);
    // They leave, and the offenders stay: a window later the network is nothing else.
    for second in 0..30 {
        for host in 0..20 {
            rig.bad_token(&format!("203.0.113.{}", (second * 20 + host) % 250));
        }
        rig.advance(1_000);
    }
    assert_eq!(of_networks(&rig.heard), 1);
}

#[test]
fn one_request_in_two_is_most() {
    for (served, told) in [(1, 1), (2, 0)] {
        let rig = Rig::new(watch());
        for n in 0..200 {
            let client = format!("2001:db8:1:{n:x}::1");
            rig.bad_token(&client);
            for _ in 0..served {
                rig.asks(&client);
            }
        }
        assert_eq!(of_networks(&rig.heard), told, "{served} served for one refused");
    }
}

#[test]
fn networks_are_banned_only_if_the_policy_says_so() {
    let ban = Duration::from_secs(300);
    for (policy, banned) in
        [(watch(), false), (watch().ban(ban), false), (watch().ban(ban).ban_networks(), true)]
    {
        let rig = Rig::new(policy);
        for n in 0..30 {
            rig.bad_token(&format!("2001:db8:1:{n:x}::1"));
        }
        let outcome = if banned { Outcome::Refused } else { Outcome::Shadowed };
        let words = rig.heard.words();
        assert_eq!(words.len(), 1);
        assert_eq!((words[0].0, words[0].1), (outcome, Reason::AbnormalNetwork));
        let neighbour = address("2001:db8:1:ffff::1");
        assert_eq!(rig.detector.banned(neighbour), banned.then_some(ban));
        assert_eq!(rig.detector.banned(address("2001:db8:2::1")), None);
        rig.advance(300_000);
        assert_eq!(rig.detector.banned(neighbour), None);
    }
    // Without a ban there is none for networks.
    let rig = Rig::new(watch().ban_networks());
    for n in 0..30 {
        rig.bad_token(&format!("2001:db8:1:{n:x}::1"));
    }
    assert_eq!(rig.heard.words()[0].0, Outcome::Shadowed);
}
