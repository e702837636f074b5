//! Strict windows: no more than the limit in any of them.

use super::{number, told};

#[test]
fn a_window_is_never_above_its_limit() {
    for (quota, limit) in [("1/s", 1), ("5/min", 5), ("10/min", 10), ("100,per,30s", 100)] {
        for seed in 0..6 {
            let capacity = [40, 100, 1_000][seed % 3];
            let told = told(&format!(
                "--quota {quota} --strict-window --honest 60x0.5/s --hostile flood:9x5/s,burst,7 \
                 --hostile greedy:20/s,steady --hostile rotate/60:9/s --hostile rotate:300/s \
                 --seconds 45 --seed {seed} --capacity {capacity}"
            ));
            let windows = if limit == 1 {
                45
            } else if limit == 100 {
                2
            } else {
                1
            };
            for group in told["groups"].as_array().unwrap() {
                let clients = group["clients"].as_u64().unwrap_or(1 << 40);
                assert!(number(group, "/served") <= clients * limit * windows, "{quota}: {group}");
                assert_eq!(number(group, "/above"), 0, "{quota}: {group}");
            }
            let (served, at_most) =
                (number(&told, "/local/served"), number(&told, "/local/at_most"));
            assert_eq!(at_most, number(&told, "/store/slots") * limit * windows);
            assert!(served <= at_most, "{told}");
        }
    }
}

#[test]
fn a_burst_that_comes_back_is_what_a_window_does_not_allow() {
    let greedy = "--quota 10/min --hostile greedy:5/s";
    let [burst, window] = ["", " --strict-window"].map(|rule| told(&format!("{greedy}{rule}")));
    let served = |told| number(told, "/groups/0/served");
    assert_eq!((served(&burst), served(&window)), (10 + 9, 10));
    assert_eq!((&burst["strict_window"], &window["strict_window"]), (&false.into(), &true.into()));
}

#[test]
fn with_room_for_all_everybody_is_served_what_the_limit_allows() {
    let told = told(
        "--quota 10/min --strict-window --honest 500x0.1/s --honest 20x3/min,steady --seconds 150 \
         --hostile rotate:40/s --hostile greedy:9/s --capacity 10000",
    );
    assert_eq!(number(&told, "/store/evicted"), 0);
    for group in told["groups"].as_array().unwrap() {
        assert_eq!(number(group, "/served"), number(group, "/allowed"), "{group}");
    }
}

#[test]
fn newcomers_that_start_afresh_are_told_of_as_above() {
    let flood = "--quota 10/min --strict-window --hostile greedy:1/s,steady --hostile rotate:500/s \
        --capacity 1000 --seconds 200";
    let [strict, available] =
        ["strict", "available"].map(|mode| told(&format!("{flood} --when-full {mode}")));
    assert_eq!(number(&strict, "/groups/0/above"), 0);
    // It was pushed out before it had reached its limit, and came back.
    assert!((1..=10).contains(&number(&available, "/groups/0/above")), "{available}");
}

#[test]
fn instances_keep_a_window_together_and_parts_of_it_alone() {
    let clients = "--quota 10/min --strict-window --honest 100x6/min --hostile greedy:9/s \
        --hostile rotate:20/s --capacity 5000 --seconds 150";
    let kept = told(&format!("{clients} --instances 3"));
    for group in kept["groups"].as_array().unwrap() {
        assert_eq!(number(group, "/served"), number(group, "/allowed"), "{group}");
        assert_eq!(number(group, "/above"), 0, "{group}");
    }
    assert_eq!(number(&kept, "/shared/above_at_most"), 0);
    // Twenty strangers a second, each for a minute, and a hundred clients and one.
    assert!(number(&kept, "/shared/keys_peak").abs_diff(1_301) < 150, "{kept}");

    let lost = told(&format!("{clients} --instances 3 --store-down 50..100"));
    let (above, at_most) = (number(&lost, "/shared/above"), number(&lost, "/shared/above_at_most"));
    // Three of ten each: two at once, and then two a minute.
    assert_eq!(at_most, 3 * (2 + 2));
    assert!((1..=at_most).contains(&above), "{lost}");
}
