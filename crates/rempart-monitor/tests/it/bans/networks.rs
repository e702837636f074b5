//! Bans of whole networks, where the policy has them.

use std::time::Duration;

use http::StatusCode;
use rempart_monitor::BanLayer;
use tower::Layer;

use super::{answer, banning, from, handler};
use crate::detector::{Rig, about, address, watch};

#[tokio::test]
async fn turns_whole_networks_away_if_the_policy_says_so() {
    let rig = Rig::new(banning().ban_networks());
    let service = BanLayer::new(&rig.detector).layer(handler());
    for n in 0..30 {
        rig.bad_token(&format!("2001:db8:1:{n:x}::1"));
    }
    let (status, headers, _) = answer(&service, from("2001:db8:1:abcd::1")).await;
    assert_eq!(
        (status, &headers["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"300".parse().unwrap())
    );
    assert_eq!(answer(&service, from("2001:db8:2::1")).await.0, StatusCode::OK);
}

#[test]
fn a_networks_ban_is_not_prolonged_either() {
    let rig = Rig::new(watch().ban(Duration::from_secs(60)).ban_networks());
    for n in 0..30 {
        rig.bad_token(&format!("203.0.113.{n}"));
    }
    let neighbour = address("203.0.113.200");
    let left = rig.detector.banned(neighbour);
    assert_eq!(left, Some(Duration::from_secs(60)));
    rig.advance(30_000);
    for n in 100..110 {
        rig.bad_token(&format!("203.0.113.{n}"));
    }
    assert_eq!(rig.detector.banned(neighbour), Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn an_address_that_is_new_to_a_banned_network_counts_as_well() {
    let rig = Rig::new(banning().ban_networks());
    let service = BanLayer::new(&rig.detector).layer(handler());
    for n in 0..30 {
        rig.bad_token(&format!("203.0.113.{n}"));
    }
    for n in 100..120 {
        answer(&service, from(&format!("203.0.113.{n}"))).await;
    }
    about(rig.detector.busiest_networks(1)[0].rate, 5.0);
}
