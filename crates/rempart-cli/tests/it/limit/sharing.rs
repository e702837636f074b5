//! One quota of several instances.

use serde_json::Value;

use super::{number, told};

const CLIENTS: &str = "--quota 100/s --honest 50x20/s --honest 10x90/s --hostile greedy:900/s \
    --seconds 20 --capacity 1000";

fn groups(told: &Value, what: &str) -> Vec<u64> {
    let groups = told["groups"].as_array().unwrap();
    groups.iter().map(|group| number(group, what)).collect()
}

#[test]
fn instances_together_serve_what_one_would() {
    for instances in [1, 2, 10, 100] {
        let told = told(&format!("{CLIENTS} --instances {instances}"));
        assert_eq!(groups(&told, "/served"), groups(&told, "/allowed"), "{instances}");
        assert_eq!(groups(&told, "/above"), [0, 0, 0], "{instances}");
        let at_most = number(&told, "/shared/above_at_most");
        assert_eq!(at_most, 0, "without leases there is nothing to go wrong");
    }
}

#[test]
fn a_request_is_a_round_trip_unless_a_denial_is_kept() {
    let told = told(&format!("{CLIENTS} --instances 10"));
    let sent: u64 = groups(&told, "/sent").iter().sum();
    let [trips, denials] =
        ["/shared/round_trips", "/shared/from_denials"].map(|path| number(&told, path));
    assert_eq!(trips + denials, sent);
    assert!(denials > 0, "{told}");
}

#[test]
fn leases_save_trips_and_cost_no_more_than_they_hold() {
    let none = told(&format!("{CLIENTS} --instances 4"));
    let mut before = number(&none, "/shared/round_trips");
    for lease in [1, 4, 12] {
        let told = told(&format!("{CLIENTS} --instances 4 --lease {lease}"));
        let trips = number(&told, "/shared/round_trips");
        assert!(trips < before, "{trips} of {before} with leases of {lease}");
        before = trips;
        let (above, at_most) =
            (number(&told, "/shared/above"), number(&told, "/shared/above_at_most"));
        assert_eq!(at_most, 4 * lease);
        assert!(above <= at_most, "{told}");
        let sent: u64 = groups(&told, "/sent").iter().sum();
        let of_each = ["round_trips", "from_leases", "from_denials", "alone"];
        let decided = of_each.map(|what| number(&told, &format!("/shared/{what}")));
        assert_eq!(decided.iter().sum::<u64>(), sent);
    }
}

#[test]
fn without_its_store_a_quota_is_parted_and_nobody_has_a_fresh_burst_of_each() {
    let kept = told(&format!("{CLIENTS} --instances 4"));
    let lost = told(&format!("{CLIENTS} --instances 4 --store-down 5..15"));
    let (alone, failed) = (number(&lost, "/shared/alone"), number(&lost, "/shared/failed_trips"));
    let sent: u64 = groups(&lost, "/sent").iter().sum();
    // Ten seconds of twenty, and up to half a one until an instance asks again.
    assert!((sent / 2 - sent / 100..=sent * 21 / 40 + sent / 100).contains(&alone), "{lost}");
    assert_eq!(failed, 4 * (5 + 19), "five times, and then once each half second");
    // Who is within the quota notices nothing.
    let within = |told: &Value| groups(told, "/served")[0];
    assert_eq!(within(&lost), within(&kept));
    // A hundred a second, and a burst of a hundred. While it was away, the shared store forgave one
    // burst, which comes once more when it is back; when it goes, shares are nearly used up.
    let greedy = |told: &Value| groups(told, "/served")[2];
    assert!(greedy(&kept) <= 2_100 && greedy(&lost) <= 2_250, "{lost}");
    let (above, at_most) = (number(&lost, "/shared/above"), number(&lost, "/shared/above_at_most"));
    assert!((1..=150).contains(&above), "{lost}");
    assert_eq!(at_most, 100 + 4 * (25 + 13), "forgiven, and of each its burst and half a second");
}

#[test]
fn nobody_is_served_more_above_the_quota_than_is_said() {
    for quota in ["64/s", "100/min,burst,80", "1000/s"] {
        for instances in [1, 3, 16] {
            for more in ["", " --lease 8", " --store-down 3..6", " --lease 4 --store-down 2..9"] {
                // That what was said held is the exit code of 0.
                let told = told(&format!(
                    "--quota {quota} --honest 20x5/s --hostile greedy:700/s --seconds 10 \
                     --hostile flood:5x40/s,burst,90 --hostile rotate:50/s --capacity 300 \
                     --instances {instances}{more}"
                ));
                let [above, at_most] =
                    ["above", "above_at_most"].map(|of| number(&told, &format!("/shared/{of}")));
                assert!(above <= at_most, "{told}");
                let all = groups(&told, "/above");
                assert_eq!(all.iter().max(), Some(&above), "{told}");
            }
        }
    }
}

#[test]
fn the_shared_store_holds_a_key_for_each_who_owes() {
    // A stranger owes for 6 s; known clients owe on.
    let told = told("--quota 10/min --honest 300x1/s --hostile rotate:100/s --instances 2");
    let keys = number(&told, "/shared/keys_peak");
    assert!(keys.abs_diff(900) < 100, "{keys}");
}
