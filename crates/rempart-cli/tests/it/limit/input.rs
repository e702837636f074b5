//! What cannot be simulated is refused, and said where.

use super::simulate;

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    for (arguments, want) in [
        ("--quota 10 --honest 1x1/s", "--quota: byte 2: `per` or `/` is needed here"),
        (
            "--quota 10/m --honest 1x1/s",
            "--quota: byte 3: `m` may be a minute, a month or a metre: write `min`",
        ),
        ("--quota 10/min", "--honest, --hostile: who sends? As in `--honest 1000x0.5/s`"),
        (
            "--quota 10/min --honest 1x1/s --honest 5",
            "--honest 2: byte 1: `x` and the rate of each client are needed here, as in `1000x0.5/s`",
        ),
        (
            "--quota 10/min --hostile rotate/32:1/s",
            "--hostile 1: byte 7: a prefix has 44 to 64 bits: of a shorter one no network comes twice, \
             as of `rotate:`",
        ),
        (
            "--quota 129/min --honest 1x1/s --strict-window",
            "--strict-window: a strict window allows at most 128 requests, and no other burst than \
             that",
        ),
        (
            "--quota 10/min,burst,5 --honest 1x1/s --strict-window",
            "--strict-window: a strict window allows at most 128 requests, and no other burst than \
             that",
        ),
        (
            "--quota 100/min --honest 1x1/s --strict-window --instances 2 --lease 2",
            "--lease: nothing is leased of bursts below 64 and of strict windows",
        ),
        ("--quota 10/min --honest 1x1/s --seconds 0", "--seconds: from 1 to 2,592,000"),
        ("--quota 10/min --honest 1x1/s --capacity 0", "--capacity: from 1 to 67,108,864"),
        ("--quota 10/min --honest 1x1/s --instances 1001", "--instances: from 1 to 1,000"),
        (
            "--quota 10/min --honest 1x1/s --instances 2 --lease 2",
            "--lease: nothing is leased of bursts below 64 and of strict windows",
        ),
        (
            "--quota 64/s --honest 1x1/s --instances 2 --lease 9",
            "--lease: from 1 to 8, an eighth of the burst",
        ),
        (
            "--quota 64/s --honest 1x1/s --instances 2 --lease 0",
            "--lease: from 1 to 8, an eighth of the burst",
        ),
        (
            "--quota 64/s --honest 1x1/s --instances 2 --store-down 5-8",
            "--store-down: byte 1: `..` is needed here, as in `20..30`",
        ),
        (
            "--quota 64/s --honest 1x1/s --instances 2 --store-down 60..61",
            "--store-down: begins when all is over",
        ),
    ] {
        let run = simulate(arguments);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments}");
        assert_eq!(run.stderr, format!("rempart: {want}\n"), "{arguments}");
    }
}

#[test]
fn what_is_too_much_is_refused_with_its_figure() {
    for (arguments, want) in [
        (
            "--quota 10/min --honest 1000000x100/s",
            "--honest, --hostile: about 6,000,000,000 requests in all; at most 1,000,000,000 are \
             simulated",
        ),
        (
            "--quota 10/min --honest 19000000x1/h --hostile flood:1000001x1/h",
            "--honest, --hostile: 20,000,001 clients; at most 20,000,000 are told apart",
        ),
        (
            "--quota 10/min --honest 2000001x1/h --strict-window",
            "--honest, --hostile: 2,000,001 clients; at most 2,000,000 are told apart",
        ),
        (
            "--quota 128/min --honest 1x1/s --strict-window --capacity 10000000",
            "--capacity: 10000000 clients of 128 admissions each take more than the 1610612736 bytes \
             that a table may have",
        ),
        (
            "--quota 10/min --honest 1x1/s --instances 100 --capacity 1000000",
            "--capacity: 100 times 1,000,000 clients; at most 67,108,864 in all, which take 1.5 GiB",
        ),
        (
            "--quota 1/h --hostile rotate:300000/s --instances 2",
            "--hostile, --instances: about 18,000,000 fresh addresses owe at a time; at most 16,777,216 \
             are kept",
        ),
    ] {
        let run = simulate(arguments);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments}");
        assert_eq!(run.stderr, format!("rempart: {want}\n"), "{arguments}");
    }
    let groups = "--honest 1x1/s ".repeat(17);
    let run = simulate(&format!("--quota 10/min {}", groups.trim_end()));
    assert_eq!((run.code, &*run.stderr), (2, "rempart: --honest, --hostile: at most 16 groups\n"));
}

#[test]
fn every_fault_is_told_at_once() {
    let run = simulate(
        "--quota x --honest y --hostile z --hostile greedy:1/m --seconds 0 --capacity 0 --instances 2 \
         --store-down 3..2",
    );
    assert_eq!(run.code, 2);
    let faults: Vec<_> = run.stderr.lines().collect();
    let begins = [
        "rempart: --quota: byte 0",
        "--honest 1: byte 0",
        "--hostile 1: byte 0",
        "--hostile 2: byte 9",
        "--seconds",
        "--capacity",
        "--store-down: byte 3",
    ];
    assert_eq!(faults.len(), begins.len(), "{}", run.stderr);
    assert!(faults.iter().zip(begins).all(|(fault, begin)| fault.starts_with(begin)), "{faults:?}");
}

#[test]
fn options_of_instances_need_instances() {
    for arguments in ["--lease 4", "--store-down 1..2"] {
        let run = simulate(&format!("--quota 100/s --honest 1x1/s {arguments}"));
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments}");
        assert!(run.stderr.contains("--instances <COUNT>"), "{}", run.stderr);
    }
}
