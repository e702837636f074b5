use rempart_testing::canary;

use crate::tool::{command, output, run};

#[test]
fn hides_what_is_sensitive_and_leaves_the_rest() {
    let input = "GET /cb?code=4f9d0c21&state=x by ann@example.com\n\
                 nothing to hide here\n\
                 password=made-up-canary next\r\n\
                 no line break at the end";
    let run = run(&["scrub"], &[], input.as_bytes());
    assert_eq!((run.code, &*run.stderr), (0, ""));
    canary::assert_absent(&run.stdout, "made-up-canary");
    canary::assert_absent(&run.stdout, "ann@example.com");
    let lines: Vec<_> = run.stdout.split('\n').collect();
    assert_eq!(lines[1], "nothing to hide here");
    assert!(lines[0].starts_with("GET /cb?code=[") && lines[0].contains("state=x"), "{}", lines[0]);
    assert!(lines[2].starts_with("password=[") && lines[2].ends_with("next\r"), "{}", lines[2]);
    assert_eq!(lines[3], "no line break at the end");
}

#[test]
fn hides_the_secrets_and_the_names_that_it_is_told() {
    let arguments = ["scrub", "--secret-env", "TOKEN", "--key", "transcript"];
    let environment = [("TOKEN", "made-up-canary-of-the-environment")];
    let input =
        br#"sent made-up-canary-of-the-environment, got {"transcript":"Hello, it's me","id":7}"#;
    let run = run(&arguments, &environment, input);
    assert_eq!(run.code, 0, "{}", run.stderr);
    canary::assert_absent(&run.stdout, environment[0].1);
    assert!(run.stdout.contains("[REDACTED:secret/TOKEN]"), "{}", run.stdout);
    assert!(!run.stdout.contains("Hello") && run.stdout.contains("\"id\":7"), "{}", run.stdout);
}

#[test]
fn leaves_out_the_lines_of_a_private_key() {
    let body = "MADEUPMADEUPMADEUPMADEUPMADEUPMADEUPMADEUPMADEUPMADEUPMADEUPCANA";
    let begin = concat!("-----BEGIN RSA PRIV", "ATE KEY-----");
    let end = concat!("-----END RSA PRIV", "ATE KEY-----");
    let input = format!("before\nkey: {begin}\n{body}\n{body}\n{end}\nafter\n");
    let run = run(&["scrub"], &[], input.as_bytes());
    canary::assert_absent(&run.stdout, body);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[2]), (3, "before", "after"), "{lines:?}");
    assert!(lines[1].starts_with("key: ["), "{lines:?}");
}

#[test]
fn neutralises_control_characters_and_bytes_that_are_no_text() {
    let run = run(&["scrub"], &[], b"a\xff\xfeb\x1b[2Jc\rd\x00e\n");
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("a\u{fffd}\u{fffd}b"), "{:?}", run.stdout);
    let text = run.stdout.strip_suffix('\n').unwrap();
    assert!(!text.contains(char::is_control), "{text:?}");
}

#[test]
fn copies_a_long_input_whole_and_cuts_a_line_that_is_too_long() {
    let line = b"a line of a log with nothing to hide\n";
    let input = line.repeat(100_000);
    let copied = output(command(&["scrub"], &[]), &input);
    assert!(copied.status.success());
    assert!(copied.stdout == input, "a copy of {} bytes differs", input.len());

    let long = [&b"x ".repeat(8 << 20)[..], b"password=made-up-canary\nnext\n"].concat();
    let cut = run(&["scrub"], &[], &long);
    assert_eq!(cut.code, 0);
    canary::assert_absent(&cut.stdout, "made-up-canary");
    assert!(cut.stdout.len() < 1_100_000, "{}", cut.stdout.len());
    assert!(cut.stdout.ends_with(" more bytes left out]\nnext\n"));
}

#[test]
fn lets_go_of_each_line_before_it_waits_for_the_next() {
    use std::io::{BufRead, BufReader, Write};

    let mut child = command(&["scrub"], &[]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for n in 0..3 {
        let line = format!("line {n}\n");
        stdin.write_all(line.as_bytes()).unwrap();
        let mut got = String::new();
        // Hangs, and the test with it, if the tool keeps the line to itself.
        stdout.read_line(&mut got).unwrap();
        assert_eq!(got, line);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
