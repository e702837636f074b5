//! Answers that are none: a fault of the store, never of the client.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{
    Authority, BuildError, Charge, Charges, ChargesError, ConnectError, OnStoreError, Outcome,
    Refunded, SharedStore, connect,
};
use rempart_testing::RedisServer;

use super::rig::{SECRET, builder, charges, gcra, key, one, ready, until, window};

/// A server that answers every script with these bytes, and everything else with `OK`.
fn hostile(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("redis://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for line in listener.incoming() {
            let Ok(line) = line else { break };
            std::thread::spawn(move || serve(line, answer));
        }
    });
    address
}

fn serve(line: TcpStream, answer: &[u8]) -> Option<()> {
    let mut words = BufReader::new(line.try_clone().ok()?);
    let mut line = line;
    loop {
        let count = number(&mut words, '*')?;
        let command: Option<Vec<_>> = (0..count).map(|_| word(&mut words)).collect();
        let script = command?.first()?.starts_with(b"EVAL");
        line.write_all(if script { answer } else { b"+OK\r\n" }).ok()?;
    }
}

fn number(words: &mut impl BufRead, mark: char) -> Option<usize> {
    let mut line = String::new();
    words.read_line(&mut line).ok()?;
    line.trim_end().strip_prefix(mark)?.parse().ok()
}

fn word(words: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut word = vec![0; number(words, '$')? + 2];
    words.read_exact(&mut word).ok()?;
    Some(word)
}

#[tokio::test]
async fn a_wrong_answer_is_a_fault_of_the_store() {
    let limits = [gcra("debt", Quota::per_hour(10)), window("log", Quota::per_hour(10))];
    // The time, charged or not; then what was used, the wait, the oldest and the lease of each.
    let hour = "3600000000";
    for answer in [
        "+OK\r\n".to_owned(),
        "-ERR out of order\r\n".to_owned(),
        "-NOSCRIPT No matching script\r\n".to_owned(),
        "-OOM command not allowed\r\n".to_owned(),
        "-READONLY You can't write against a read only replica\r\n".to_owned(),
        "-CROSSSLOT Keys in request don't hash to the same slot\r\n".to_owned(),
        "$-1\r\n".to_owned(),
        "*-1\r\n".to_owned(),
        "*0\r\n".to_owned(),
        ":1\r\n".to_owned(),
        "nonsense\r\n".to_owned(),
        "\r\n\r\n".to_owned(),
        "*4000000000\r\n".to_owned(),
        numbers("1 1"),
        numbers("1 1 0 0 0 0"),
        numbers("1 1 0 0 0 0 0 0 0"),
        numbers("1 1 0 0 0 0 0 0 0 0 0"),
        numbers("0 1 0 0 0 0 0 0 0 0"),
        numbers("1 2 0 0 0 0 0 0 0 0"),
        numbers("-1 1 0 0 0 0 0 0 0 0"),
        numbers("9007199254740992 1 0 0 0 0 0 0 0 0"),
        numbers("1 1 -1 0 0 0 0 0 0 0"),
        numbers("1 1 0 1 0 0 0 0 0 0"),
        numbers("1 1 0 0 1 0 0 0 0 0"),
        numbers("1 1 0 0 0 11 0 0 0 0"),
        numbers("1 1 0 0 0 0 0 0 0 1"),
        numbers("1 1 0 0 0 0 1 0 0 0"),
        numbers("1 1 0 0 0 0 0 0 1 0"),
        numbers("1 1 0 0 0 0 129 0 1 0"),
        numbers("1 1 0 0 0 0 10 0 1 0"),
        // Charged, though one limit said no; not charged, though none did.
        numbers(&format!("1 1 {hour} 360000000 0 0 0 0 0 0")),
        numbers("1 0 0 0 0 0 0 0 0 0"),
        numbers(&format!("1 0 {hour} 1 0 0 0 0 0 0")),
        numbers(&format!("1 0 {hour}1 360000000 0 0 0 0 0 0")),
        numbers("1 0 0 0 0 0 10 0 5 0"),
        numbers("1 0 0 0 0 0 10 4000000000 5 0"),
    ] {
        let address = hostile(answer.clone().leak().as_bytes());
        let store = SharedStore::builder(connect(&address).unwrap()).secret(SECRET).instances(1);
        let store = store.on_store_error(OnStoreError::Closed).build().unwrap();
        let tenant = key(&store, "tenant");
        let asked = charges(&[(limits[0], tenant, 1), (limits[1], tenant, 1)]);
        for _ in 0..7 {
            let outcome = store.decide(asked.clone()).await;
            assert!(matches!(outcome, Outcome::Unavailable), "{answer:?}: {outcome:?}");
        }
        assert!(!store.is_available() && store.faults() == 5, "{answer:?}");
    }
}

/// The same server, told what is right: so it is the answers above that are wrong.
#[tokio::test]
async fn a_right_answer_of_the_same_server_is_one() {
    let address = hostile(numbers("1 1 0 0 0 0 9 0 1 0").leak().as_bytes());
    let builder = SharedStore::builder(connect(&address).unwrap()).secret(SECRET).instances(1);
    let store = builder.deadline(Duration::from_secs(10)).build().unwrap();
    let tenant = key(&store, "tenant");
    let limits = [gcra("debt", Quota::per_hour(10)), window("log", Quota::per_hour(10))];
    let asked = charges(&[(limits[0], tenant, 1), (limits[1], tenant, 1)]);
    let Outcome::Allowed { answers, receipt } = store.decide(asked).await else { panic!() };
    assert_eq!((answers[0].remaining, answers[1].remaining), (9, 0));
    assert_eq!(receipt.by(), Authority::Server);
}

fn numbers(numbers: &str) -> String {
    let numbers: Vec<_> = numbers.split(' ').collect();
    let each = numbers.iter().map(|number| format!(":{number}\r\n"));
    format!("*{}\r\n{}", numbers.len(), each.collect::<String>())
}

/// Who can write to the server can write anything there.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn what_others_wrote_there_is_read_as_nothing_or_as_a_window() {
    let server = RedisServer::start();
    let patient = builder(&server).deadline(Duration::from_secs(10));
    let store = ready(patient.deny_for(Duration::ZERO)).await;
    let mut line = connect(&server.url()).unwrap();
    let limits = [gcra("debt", Quota::per_hour(10)), window("log", Quota::per_hour(10))];
    let huge = "9".repeat(400);
    let long = format!("w{}", "9".repeat(100_000));
    let values = [
        "",
        "w",
        "nan",
        "-nan",
        "inf",
        "-inf",
        "0x10",
        "1e400",
        "-1",
        "w1",
        "ww",
        "\0",
        &huge,
        &long,
        "w0000000000000000",
        "wnan0000000000000",
        "9007199254740993",
    ];
    for limit in limits {
        for value in values {
            let tenant = key(&store, "tenant");
            let name = format!("rempart:limit:{{{tenant}}}:test:{}", limit.name());
            let mut set = redis::cmd("SET");
            let () = set.arg(&name).arg(value).query_async(&mut line).await.unwrap();
            // Decided at all, and by the server.
            match store.decide(one(limit, tenant, 1)).await {
                Outcome::Allowed { receipt, .. } => {
                    assert_eq!(receipt.by(), Authority::Server);
                    store.refund(receipt).await;
                }
                Outcome::Refused { by, .. } => assert_eq!(by, Authority::Server, "{value:.20}"),
                Outcome::Unavailable => panic!("{value:.20}"),
            }
            assert!(store.reset(limit, tenant).await);
        }
    }
    // What is no text is a fault, as is a server without memory.
    let tenant = key(&store, "tenant");
    let name = format!("rempart:limit:{{{tenant}}}:test:debt");
    let () = redis::cmd("LPUSH").arg(&name).arg(1).query_async(&mut line).await.unwrap();
    let faults = store.faults();
    let Outcome::Allowed { receipt, .. } = store.decide(one(limits[0], tenant, 1)).await else {
        panic!("refused")
    };
    assert_eq!((receipt.by(), store.faults()), (Authority::Local, faults + 1));
    assert_eq!(store.refund(receipt).await, Refunded::Nothing);
    assert!(store.reset(limits[0], tenant).await);
    let mut small = redis::cmd("CONFIG");
    let () = small.arg("SET").arg("maxmemory").arg(1).query_async(&mut line).await.unwrap();
    let Outcome::Allowed { receipt, .. } = store.decide(one(limits[0], tenant, 1)).await else {
        panic!("refused")
    };
    assert_eq!(receipt.by(), Authority::Local);
}

/// Valkey and Redis forget their scripts when they are told to.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_server_that_forgot_the_script_is_told_it_again() {
    let server = RedisServer::start();
    let store = ready(builder(&server)).await;
    let mut line = connect(&server.url()).unwrap();
    for _ in 0..3 {
        let () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut line).await.unwrap();
        let asked = one(gcra("api", Quota::per_hour(10)), key(&store, "tenant"), 1);
        until(async || {
            let Outcome::Allowed { receipt, .. } = store.decide(asked.clone()).await else {
                panic!("refused")
            };
            receipt.by() == Authority::Server && store.refund(receipt).await == Refunded::Given
        })
        .await;
    }
    assert!(store.is_available());
}

#[tokio::test]
async fn every_fault_of_a_configuration_is_reported_at_once() {
    let line = || connect("redis://user:made-up-password@127.0.0.1:1").unwrap();
    let nothing = SharedStore::builder(line()).build().unwrap_err();
    assert_eq!(
        nothing.into_iter().collect::<Vec<_>>(),
        [BuildError::NoSecret, BuildError::NoInstances]
    );
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    let faults = SharedStore::builder(line())
        .secret("made-up")
        .instances(0)
        .prefix("{acme}")
        .deadline(minute)
        .open_for(Duration::ZERO)
        .deny_for(minute)
        .lease(0)
        .build()
        .unwrap_err();
    assert_eq!(faults.len(), 7);
    assert_eq!(faults.to_string().lines().count(), 7);
    let padded = SharedStore::builder(line()).secret(format!("{SECRET}\n")).instances(1).build();
    assert_eq!(padded.unwrap_err(), BuildError::PaddedSecret.into());
    let whole = SharedStore::builder(line()).secret(SECRET).instances(1).deny_for(second);
    let shown = format!("{whole:?} {:?}", SharedStore::builder(line()).secret(SECRET));
    let store = whole.build().unwrap();
    let shown = format!("{shown} {store:?} {store:#?} {:?}", store.clone());
    for secret in [SECRET, "made-up-password"] {
        assert!(!shown.contains(secret));
        let bytes: Vec<_> = secret.bytes().map(|byte| byte.to_string()).collect();
        assert!(!shown.contains(&bytes.join(", ")));
    }
}

#[tokio::test]
async fn an_address_is_checked_and_never_printed() {
    for text in
        ["", "127.0.0.1", "http://127.0.0.1", "redis://:made-up-password@[::1", "rediss://h"]
    {
        let Err(error) = connect(text) else { panic!("{text}") };
        assert_eq!(error, ConnectError::Address);
        assert!(!format!("{error} {error:?}").contains("made-up"));
    }
}

#[test]
fn without_a_runtime_nothing_panics() {
    assert!(matches!(connect("redis://127.0.0.1:1"), Err(ConnectError::NoRuntime)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let line = runtime.block_on(async { connect("redis://127.0.0.1:1").unwrap() });
    let store = SharedStore::builder(line).secret(SECRET).instances(1).build().unwrap();
    drop(runtime);
    let asked = one(gcra("api", Quota::per_hour(10)), key(&store, "tenant"), 1);
    let mut deciding = std::pin::pin!(store.decide(asked));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(outcome) = deciding.as_mut().poll(&mut cx) else { panic!("waits") };
    assert!(matches!(outcome, Outcome::Allowed { .. }));
}

#[tokio::test]
async fn charges_that_are_not_decided_together_are_none() {
    let line = || connect("redis://127.0.0.1:1").unwrap();
    let build = || SharedStore::builder(line()).secret(SECRET).instances(1);
    let store = build().build().unwrap();
    let limit = gcra("api", Quota::per_hour(10));
    let charge = |name: &str| Charge { limit, key: key(&store, name), cost: 1 };
    assert_eq!(Charges::new(&[]), Err(ChargesError::Empty));
    let nine: Vec<_> = (0..9).map(|n| charge(&n.to_string())).collect();
    assert_eq!(Charges::new(&nine), Err(ChargesError::TooMany { count: 9 }));
    assert_eq!(Charges::new(&nine[..8]).unwrap().len(), 8);
    let twice = Charges::new(&[charge("a"), charge("b"), charge("a")]);
    assert_eq!(twice, Err(ChargesError::Twice { limit: limit.name() }));
    let cluster = build().cluster().build().unwrap();
    for (keys, together) in
        [(vec!["client"; 8], true), (vec![], true), (vec!["client", "tenant"], false)]
    {
        assert_eq!(store.decides_together(&keys), Ok(()));
        assert_eq!(cluster.decides_together(&keys).is_ok(), together);
    }
}
