//! `cors probe`: a table against services that are right, and that are wrong in one way each.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::{cases, policy_file};
use crate::drill::service::Service;
use crate::tool::{Run, run};

const A: &str = "https://a.example";

/// A GET of an allowed origin, of a stranger and without an origin; a preflight of each of the two.
const TABLE: &str = "id\tmethod\torigin\tacrm\tacrh\twant\treason\n\
    get\tGET\thttps://a.example\t<absent>\t<absent>\tallow\tthe listed one\n\
    evil\tGET\thttps://evil.example\t<absent>\t<absent>\tdeny\ta stranger\n\
    none\tPOST\t<absent>\t<absent>\t<absent>\tno-cors\ta webhook\n\
    asks\tOPTIONS\thttps://a.example\tPUT\tapikey, X-A\tallow\tthe listed one asks\n\
    evil-asks\tOPTIONS\thttps://evil.example\tPUT\t<absent>\tdeny\ta stranger asks\n";

/// What a request asks.
#[derive(Default)]
struct Asked {
    origin: Option<String>,
    preflight: bool,
}

/// A server on a thread of its own that answers with what `answer` makes, until the test ends; to
/// nothing, it hangs up.
fn serve(answer: impl Fn(&Asked) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let asked = read(&mut stream);
            let _ = stream.write_all(answer(&asked).as_bytes());
        }
    });
    addr
}

fn read(stream: &mut TcpStream) -> Asked {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut asked = Asked::default();
    for line in head.split("\r\n") {
        match line.split_once(": ") {
            Some(("origin", origin)) => asked.origin = Some(origin.to_owned()),
            Some(("access-control-request-method", _)) => asked.preflight = true,
            _ => {}
        }
    }
    asked
}

/// An answer as it should be.
fn right(asked: &Asked) -> String {
    let allowed = asked.origin.as_deref() == Some(A);
    let status = match (asked.preflight, allowed) {
        (true, true) => "204 No Content",
        (true, false) => "403 Forbidden",
        (false, _) => "200 OK",
    };
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\nvary: accept, origin\r\n");
    if status != "204 No Content" {
        head.push_str("content-length: 0\r\n");
    }
    if allowed {
        head.push_str("access-control-allow-origin: https://a.example\r\n");
        head.push_str("access-control-allow-credentials: true\r\n");
        if asked.preflight {
            head.push_str("access-control-allow-methods: PATCH, PUT\r\n");
            head.push_str("access-control-allow-headers: x-a\r\n");
            head.push_str("access-control-allow-headers: x-b,APIKEY\r\n");
        }
    }
    head + "\r\n"
}

/// The right answer with `to` wherever `from` stands.
fn with(asked: &Asked, from: &str, to: &str) -> String {
    right(asked).replace(from, to)
}

/// The right answer with a line more.
fn more(asked: &Asked, line: &str) -> String {
    with(asked, "\r\n\r\n", &format!("\r\n{line}\r\n\r\n"))
}

/// What a service does wrong, how it answers, and the cases that differ with what is said of each.
type Wrong = (&'static str, fn(&Asked) -> String, &'static [(&'static str, &'static str)]);

const MANY: &str = "more than one `Access-Control-Allow-Origin`";
const OTHER: &str = "`Access-Control-Allow-Origin` is not the origin that asked";
const DISCLOSED: &str = "no origin is allowed, but there are `Access-Control-` headers";
const VARY: &str = "`Vary` does not name `Origin`: a cache may give one page the other's answer";
const CREDENTIALS: &str = "`Access-Control-Allow-Credentials` is not `true`";
const UNGRANTED: &str = "the origin is allowed, but not all that it asked for";

const WRONG: [Wrong; 14] = [
    (
        "reflects",
        |asked| match &asked.origin {
            Some(origin) => {
                right(&Asked { origin: Some(A.to_owned()), preflight: asked.preflight })
                    .replace(A, origin)
            }
            None => right(asked),
        },
        &[("evil", "allow"), ("evil-asks", "allow")],
    ),
    (
        "allows nobody",
        |asked| {
            let origin = asked.origin.as_ref().map(|_| String::new());
            right(&Asked { origin, preflight: asked.preflight })
        },
        &[("get", "deny"), ("asks", "deny")],
    ),
    (
        "names the first of its list to everybody",
        |asked| more(asked, "access-control-allow-origin: https://a.example"),
        &[("get", MANY), ("evil", OTHER), ("none", OTHER), ("asks", MANY), ("evil-asks", OTHER)],
    ),
    (
        "allows every origin",
        |asked| with(asked, "origin: https://a.example", "origin: *"),
        &[("get", OTHER), ("asks", OTHER)],
    ),
    (
        "discloses",
        |asked| match asked.origin.as_deref() {
            Some(A) => right(asked),
            _ => more(asked, "access-control-allow-methods: PUT"),
        },
        &[("evil", DISCLOSED), ("none", DISCLOSED), ("evil-asks", DISCLOSED)],
    ),
    (
        "varies by something else",
        |asked| with(asked, "vary: accept, origin", "vary: accept, x-origin"),
        &[("get", VARY), ("evil", VARY), ("none", VARY)],
    ),
    ("varies by everything", |asked| with(asked, "vary: accept, origin", "vary: *"), &[]),
    (
        "has no credentials",
        |asked| with(asked, "credentials: true", "credentials: True"),
        &[("get", CREDENTIALS), ("asks", CREDENTIALS)],
    ),
    (
        "grants another method",
        |asked| with(asked, "PATCH, PUT", "PATCH, put"),
        &[("asks", UNGRANTED)],
    ),
    ("grants too few names", |asked| with(asked, "x-b,APIKEY", "x-b"), &[("asks", UNGRANTED)]),
    (
        "answers a preflight with an error",
        |asked| with(asked, "204 No Content\r\n", "405 No\r\ncontent-length: 0\r\n"),
        &[("asks", "the origin is allowed, but the status is none of success")],
    ),
    (
        "answers a stranger's preflight with success",
        |asked| with(asked, "403 Forbidden", "200 OK"),
        &[("evil-asks", "a preflight without leave, but its status is not 403")],
    ),
    (
        "refuses the head before it comes to CORS",
        |asked| match asked.origin.as_deref() {
            Some(A) | None => right(asked),
            Some(_) => "HTTP/1.1 431 No\r\ncontent-length: 0\r\n\r\n".to_owned(),
        },
        &[],
    ),
    (
        "hangs up on a stranger",
        |asked| match asked.origin.as_deref() {
            Some(A) | None => right(asked),
            Some(_) => String::new(),
        },
        &[("evil", "what came back is no answer"), ("evil-asks", "what came back is no answer")],
    ),
];

fn probe(url: &str, file: &str, more: &[&str]) -> Run {
    run(&[&["cors", "probe", url, "--origins", file], more].concat(), &[], b"")
}

#[test]
fn the_running_service_agrees_with_every_case_that_http_can_carry() {
    let service = Service::start();
    let cases = cases();
    let table = policy_file("all", &cases);
    let probed = probe(&service.public_url("/healthz"), &table, &[]);
    // As the README of the cases says: what ends in a blank is another request over HTTP.
    let blank = |field: &str| [" ", "\\t"].iter().any(|blank| field.ends_with(blank));
    let left_out = |line: &&str| line.split('\t').skip(2).take(2).any(blank);
    let (all, left_out) =
        (cases.lines().skip(1).count(), cases.lines().skip(1).filter(left_out).count());
    assert!(left_out > 0);
    let sent = all - left_out;
    let want = format!("0 of {sent} cases differ; {left_out} cannot be sent over HTTP\n");
    assert_eq!((&*probed.stdout, &*probed.stderr, probed.code), (&*want, "", 0));

    // What is wanted otherwise is found out, wherever it stands.
    let wrong = cases.replace("\tallow\t", "\tALLOW\t").replace("\tdeny\t", "\tallow\t");
    let wrong = wrong.replace("\tALLOW\t", "\tdeny\t");
    let probed = probe(&service.public_url("/nowhere"), &policy_file("wrong", &wrong), &[]);
    let same = cases.lines().filter(|line| line.contains("\tno-cors\t")).count();
    let want = format!("{} of {sent} cases differ; {left_out} ", sent - same);
    assert!(probed.stdout.contains(&want), "{}", probed.stdout);
    assert_eq!((probed.stdout.lines().count(), probed.code), (sent - same + 1, 1));
    service.stop();
}

#[test]
fn a_service_that_is_wrong_is_told_row_by_row() {
    let table = policy_file("table", TABLE);
    let good = probe(&format!("http://{}", serve(right)), &table, &[]);
    let want = "0 of 5 cases differ; 0 cannot be sent over HTTP\n";
    assert_eq!((&*good.stdout, &*good.stderr, good.code), (want, "", 0));

    for (name, answer, differ) in WRONG {
        let probed = probe(&format!("http://{}/path?a=1", serve(answer)), &table, &[]);
        let line = |(id, got): &(&str, &str)| {
            let row = TABLE.lines().find(|line| line.starts_with(&format!("{id}\t"))).unwrap();
            let columns: Vec<_> = row.split('\t').collect();
            format!("{id}\twanted {}\tgot {got}\t{}\n", columns[5], columns[6])
        };
        let sum = format!("{} of 5 cases differ; 0 cannot be sent over HTTP\n", differ.len());
        let want: String = differ.iter().map(line).chain([sum]).collect();
        assert_eq!((&*probed.stdout, &*probed.stderr), (&*want, ""), "{name}");
        assert_eq!(probed.code, i32::from(!differ.is_empty()), "{name}");
    }
    let bare = serve(|asked| with(asked, "access-control-allow-credentials: true\r\n", ""));
    assert_eq!(probe(&format!("http://{bare}"), &table, &["--anonymous"]).code, 0);
}

#[test]
fn what_http_does_not_carry_is_left_out_and_not_taken_for_a_decision() {
    let table = policy_file(
        "blanks",
        "1\tGET\thttps://a.example \t<absent>\t<absent>\tdeny\n\
         2\tGET\t\\thttps://a.example\t<absent>\t<absent>\tdeny\n\
         3\tOPTIONS\thttps://a.example\tPUT\\t\t<absent>\tdeny\n\
         4\tGET\thttps://evil.example\\nhttps://a.example \t<absent>\t<absent>\tdeny\n\
         5\tOPTIONS\thttps://a.example\tPUT\t apikey \tallow\n\
         6\tGET\t<empty>\t<absent>\t<absent>\tdeny\n",
    );
    let probed = probe(&format!("http://{}", serve(right)), &table, &[]);
    let want = "0 of 2 cases differ; 4 cannot be sent over HTTP\n";
    assert_eq!((&*probed.stdout, probed.code), (want, 0));
}

#[test]
fn what_cannot_be_asked_exits_2() {
    let table = policy_file("good", TABLE);
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let silent = format!("http://{}", serve(|_| String::new()));
    let empty = policy_file("empty", "id\tmethod\torigin\tacrm\tacrh\twant\n");
    let wish = policy_file("wish", "1\tGET\tnull\t<absent>\t<absent>\n");
    let typo = policy_file("word", "1\tGET\tnull\t<absent>\t<absent>\tmaybe\n1\tGET\n");
    let rows = [
        (&*nobody, &*table, "rempart: URL: connection refused\n"),
        (&silent, &table, "rempart: URL: what came back is no answer\n"),
        ("https://a.example", &table, "rempart: URL: speaks plain `http://` only"),
        ("http://user:word@a.example", &table, "rempart: URL: holds no user name\n"),
        ("a.example", &table, "rempart: URL: begins with `http://`\n"),
        (&nobody, "/nowhere", "rempart: --origins: entity not found\n"),
        (&nobody, &empty, "rempart: --origins: holds no case\n"),
        (
            &nobody,
            &wish,
            "rempart: --origins: line 1: says no decision that is wanted\n\
             rempart: --origins: 1 of 1 lines hold no case\n",
        ),
        (
            &nobody,
            &typo,
            "rempart: --origins: line 1: `want` is none of `allow`, `deny`, `no-cors`\n\
             rempart: --origins: line 2: the column `origin` is missing\n\
             rempart: --origins: 2 of 2 lines hold no case\n",
        ),
    ];
    for (url, file, want) in rows {
        let probed = probe(url, file, &[]);
        assert!(probed.stderr.starts_with(want), "{want}: {}", probed.stderr);
        assert_eq!((&*probed.stdout, probed.code), ("", 2), "{want}");
    }
}
