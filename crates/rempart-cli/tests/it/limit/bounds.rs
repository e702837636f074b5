//! One limiter: who is served what, by its own promises.

use super::{number, told};

#[test]
fn honest_clients_lose_nothing_to_a_flood_that_the_store_has_room_for() {
    // A stranger owes for 6 s: 300 a second are 1,800 at a time, and there is room for 8,000.
    for mode in ["strict", "available"] {
        for flood in ["rotate:300/s", "rotate:300/s,burst,50", "rotate/48:300/s", "flood:900x3/s"] {
            let told = told(&format!(
                "--quota 10/min --honest 500x0.1/s --hostile {flood} --capacity 8000 --when-full {mode}"
            ));
            let (sent, served) =
                (number(&told, "/groups/0/sent"), number(&told, "/groups/0/served"));
            assert!(sent > 2_500, "{told}");
            assert_eq!(served, number(&told, "/groups/0/allowed"), "{mode}, {flood}");
        }
    }
}

#[test]
fn a_limited_client_gets_no_more_while_addresses_rotate() {
    let quota = "--quota 10/min --hostile greedy:50/s --capacity 200";
    let alone = told(quota);
    assert_eq!(number(&alone, "/groups/0/served"), 10 + 9, "a burst, and one each 6 s");
    for flood in ["rotate:2000/s", "rotate:2000/s,burst,100", "rotate/48:2000/s"] {
        let told = told(&format!("{quota} --hostile {flood}"));
        assert!(number(&told, "/store/evicted") > 1_000, "{told}");
        assert!(number(&told, "/groups/0/served") <= 20, "{told}");
        assert_eq!(number(&told, "/groups/0/above"), 0, "{told}");
    }
}

#[test]
fn strict_serves_no_more_than_its_slots_and_available_no_more_than_twice_that() {
    let flood = "--quota 10/min --honest 100x0.1/s --hostile rotate:2000/s --capacity 200";
    let strict = told(flood);
    let available = told(&format!("{flood} --when-full available"));
    let slots = number(&strict, "/store/slots");
    assert_eq!(number(&strict, "/local/at_most"), slots * (10 + 10));
    assert_eq!(number(&available, "/local/at_most"), 2 * slots * (10 + 10));
    let [least, most] = [&strict, &available].map(|told| number(told, "/local/served"));
    assert!(least <= slots * 20 && least > slots * 18, "{strict}");
    assert!(most <= 2 * slots * 20 && most > slots * 36, "{available}");
    // It is what available is for: strangers are served while somebody floods.
    let [strict, available] = [strict, available].map(|told| number(&told, "/groups/0/served"));
    assert!(available * 2 > strict * 3, "{available} and {strict}");
}

#[test]
fn no_client_is_served_above_its_quota() {
    // Quotas, and what each allows a client at most in 20 s.
    for (quota, each) in
        [("10/min", 10 + 3), ("1/s", 1 + 20), ("5,per,2s,burst,20", 20 + 50), ("100/h", 100)]
    {
        for seed in 0..8 {
            let capacity = [40, 100, 1_000][seed % 3];
            let told = told(&format!(
                "--quota {quota} --honest 60x1/s --hostile flood:30x5/s,burst,7 --hostile greedy:90/s \
                 --hostile rotate/60:20/s --hostile rotate:500/s --seconds 20 --seed {seed} \
                 --capacity {capacity}"
            ));
            for group in told["groups"].as_array().unwrap() {
                let clients = group["clients"].as_u64().unwrap_or(u64::MAX / each);
                let [sent, served, refused, allowed, above] =
                    ["/sent", "/served", "/refused", "/allowed", "/above"]
                        .map(|of| number(group, of));
                assert!(served <= clients * each && allowed <= clients * each, "{quota}: {group}");
                assert_eq!((served + refused, above), (sent, 0), "{quota}: {group}");
            }
            assert!(number(&told, "/local/served") <= number(&told, "/local/at_most"));
        }
    }
}

#[test]
fn a_network_of_64_bits_is_one_client_and_one_of_48_is_many() {
    let told = told(
        "--quota 10/min --hostile rotate/64:100/s --hostile rotate/63:100/s --hostile rotate/48:100/s",
    );
    assert_eq!(number(&told, "/groups/0/served"), 19);
    assert_eq!(number(&told, "/groups/1/served"), 38);
    let (sent, served) = (number(&told, "/groups/2/sent"), number(&told, "/groups/2/served"));
    assert!(sent > 5_000 && sent == served, "{told}");
    let clients = [0, 1, 2].map(|group| number(&told, &format!("/groups/{group}/clients")));
    assert_eq!(clients, [1, 2, 65_536]);
}

#[test]
fn the_memory_is_that_of_the_store() {
    let told = told("--quota 10/min --hostile rotate:1000/s --capacity 65536 --seconds 30");
    assert!(number(&told, "/store/bytes") <= 3 * 512 * 1024 + 1024);
    // 1,000 a second, each owing for six seconds.
    let (peak, end) = (number(&told, "/store/occupied_peak"), number(&told, "/store/occupied_end"));
    assert!(peak >= end && peak.abs_diff(6_000) < 400 && end.abs_diff(6_000) < 400, "{told}");
}
