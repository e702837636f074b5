mod probe;

use std::fs;

use crate::tool::run;

const POLICY: [&str; 9] = [
    "cors",
    "decide",
    "--credentials",
    "--origin",
    "https://drain-fortin-crm.com,https://www.drain-fortin.com",
    "--origin=https://phiduqxcufdmgjvdipyu.supabase.co",
    "--method=PUT,PATCH,DELETE",
    "--request-header",
    "apikey,authorization,content-type,x-client-info",
];

const TOML: &str = r#"
credentials = true
origins = [
    "https://drain-fortin-crm.com",
    "https://www.drain-fortin.com",
    "https://phiduqxcufdmgjvdipyu.supabase.co",
]
methods = ["PUT", "PATCH", "DELETE"]
request_headers = ["apikey", "authorization", "content-type", "x-client-info"]
expose_headers = ["retry-after"]
max_age = 600
"#;

fn cases() -> String {
    let read = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance/cors/");
        fs::read_to_string(format!("{folder}{name}")).unwrap()
    };
    let more = read("more.tsv");
    // With one heading.
    read("cases.tsv") + more.split_once('\n').unwrap().1
}

fn policy_file(name: &str, text: &str) -> String {
    let path = format!("{}/{name}-{}.toml", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn agrees_with_every_published_case() {
    let cases = cases();
    let wanted = |line: &str| {
        let columns: Vec<_> = line.split('\t').collect();
        [columns[0], "\t", columns[5], "\n"].concat()
    };
    let wanted: Vec<_> = cases.lines().skip(1).map(wanted).collect();
    let wanted = wanted.concat();
    assert!(wanted.lines().count() > 180);
    let by_options = run(&POLICY, &[], cases.as_bytes());
    assert_eq!((&*by_options.stdout, &*by_options.stderr, by_options.code), (&*wanted, "", 0));

    let file = policy_file("cases", TOML);
    let decide = ["cors", "decide", "--check", "--policy", &file];
    let by_file = run(&decide, &[], cases.replace('\n', "\r\n").as_bytes());
    assert_eq!((&*by_file.stdout, &*by_file.stderr, by_file.code), (&*wanted, "", 0));
}

#[test]
fn decides_without_a_wish_and_without_a_heading() {
    let rows = [
        ("1\tGET\thttps://a.example\t<absent>\t<absent>", "1\tallow\n"),
        ("2\tGET\thttps://b.example\t<absent>\t<absent>\n", "2\tdeny\n"),
        ("3\tGET\t<absent>\t<absent>\t<absent>\tno-cors\n\n \n", "3\tno-cors\n"),
        ("4\tGET\t\\xff\\x80\t<absent>\t<absent>\n", "4\tdeny\n"),
        ("5\tOPTIONS\thttps://a.example\tPUT\t<absent>\n", "5\tdeny\n"),
        ("", ""),
    ];
    for (case, want) in rows {
        let run = run(&["cors", "decide", "--origin", "https://a.example"], &[], case.as_bytes());
        assert_eq!((&*run.stdout, &*run.stderr, run.code), (want, "", 0), "{case:?}");
    }
}

#[test]
fn check_exits_1_where_a_decision_is_not_the_wanted_one() {
    let cases = "1\tGET\thttps://a.example\t<absent>\t<absent>\tdeny\n\
                 2\tGET\thttps://a.example\t<absent>\t<absent>\tallow\n";
    let arguments = ["cors", "decide", "--origin", "https://a.example", "--check"];
    let checked = run(&arguments, &[], cases.as_bytes());
    assert_eq!(checked.stderr, "rempart: line 1: `1`: wanted deny, got allow\n");
    assert_eq!((checked.code, &*checked.stdout), (1, "1\tallow\n2\tallow\n"));
    assert_eq!(run(&arguments[..4], &[], cases.as_bytes()).code, 0, "unasked, nothing is compared");
}

#[test]
fn a_line_that_is_no_case_is_named_and_the_others_are_decided() {
    let good = b"7\tGET\t<absent>\t<absent>\t<absent>\n";
    let long = [b"1\tGET\t".as_slice(), &vec![b'a'; 2 << 20], b"\n"].concat();
    let rows: [(&[u8], &str); 7] = [
        (b"1\tGET\n", "rempart: line 1: the column `origin` is missing\n"),
        (b"1\tG T\t<absent>\t<absent>\t<absent>\n", "rempart: line 1: `method` is not a method\n"),
        (
            b"1\tGET\t\\q\t<absent>\t<absent>\n",
            "rempart: line 1: `origin` holds an unknown escape\n",
        ),
        (
            b"1\tGET\t{repeat:a:9999999999}\t<absent>\t<absent>\n",
            "rempart: line 1: `origin` is longer than 4 MiB\n",
        ),
        (
            b"1\tGET\t\\x00\t<absent>\t<absent>\n",
            "rempart: line 1: `origin` holds a byte that no header value may hold\n",
        ),
        (b"\xff\xfe\n", "rempart: line 1: is not UTF-8\n"),
        (&long, "rempart: line 1: has more than 1048576 bytes\n"),
    ];
    for (bad, want) in rows {
        let input = [bad, good].concat();
        let run = run(&["cors", "decide", "--origin", "https://a.example"], &[], &input);
        let want = format!("{want}rempart: standard input: 1 of 2 lines hold no case\n");
        assert_eq!((&*run.stdout, &*run.stderr, run.code), ("7\tno-cors\n", &*want, 2));
    }
}

#[test]
fn a_policy_that_is_none_exits_2_with_every_fault() {
    let options = |more: &[&'static str]| [&["cors", "decide"], more].concat();
    let rows = [
        (options(&[]), vec!["policy: origins: none is allowed"]),
        (
            options(&["--origin", "null,https://a.example/", "--method", "put"]),
            vec!["origins[0]", "origins[1]", "methods[0]"],
        ),
        (options(&["--credentials", "--origin", "http://a.example"]), vec!["is not https"]),
        (options(&["--credentials", "--any-origin"]), vec!["--credentials", "--any-origin"]),
        (options(&["--origin", "*"]), vec!["origins[0]"]),
        (options(&["--policy", "/none"]), vec!["--policy: entity not found"]),
        (options(&["--policy", "/none", "--credentials"]), vec!["--policy <FILE>"]),
    ];
    for (arguments, wants) in rows {
        let run = run(&arguments, &[], b"");
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}: {}", run.stderr);
        for want in wants {
            assert!(run.stderr.contains(want), "{arguments:?}: {}", run.stderr);
        }
    }
}

#[test]
fn a_policy_file_with_a_slip_is_refused() {
    for (name, text, want) in [
        ("typo", "origin = [\"https://a.example\"]", "--policy: unknown field `origin`"),
        ("type", "origins = \"https://a.example\"", "--policy: invalid type"),
        (
            "wild",
            "any_origin = true\ncredentials = true",
            "--policy: `any_origin` with `credentials`",
        ),
        ("syntax", "origins = [", "--policy: "),
    ] {
        let file = policy_file(name, text);
        let run = run(&["cors", "decide", "--policy", &file], &[], b"");
        assert_eq!(run.code, 2, "{name}");
        assert!(run.stderr.contains(want), "{name}: {}", run.stderr);
    }
    let file = policy_file("any", "any_origin = true");
    let case = b"1\tGET\thttps://a.example\t<absent>\t<absent>\n";
    assert_eq!(run(&["cors", "decide", "--policy", &file], &[], case).stdout, "1\tallow\n");
}
