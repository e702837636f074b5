use std::io::{Read, Write};

use crate::tool::command;

/// Starts the tool, reads a little of what it writes, and hangs up while it writes on.
fn hang_up(arguments: &[&str], line: &[u8]) {
    let mut child = command(arguments, &[]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let line = line.repeat(1 << 12);
    let writer = std::thread::spawn(move || {
        // Until the tool has ended and nobody reads.
        while stdin.write_all(&line).is_ok() {}
    });
    let mut first = [0; 16];
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
}

#[test]
fn a_reader_that_hangs_up_ends_the_tool_quietly() {
    let case = b"case\tGET\t<absent>\t<absent>\t<absent>\n";
    hang_up(&["cors", "decide", "--origin", "https://a.example"], case);
    hang_up(&["scrub"], b"a line of a log with nothing to hide\n");
}

/// An output whose reader has hung up for good. Not a pipe: a test beside this one that starts a
/// program holds a copy of each pipe's reading end for a moment, and the pipe would still be read.
#[cfg(unix)]
fn nobody_reads() -> std::process::Stdio {
    use std::{net::Shutdown, os::unix::net::UnixStream};

    let (reader, output) = UnixStream::pair().unwrap();
    reader.shutdown(Shutdown::Both).unwrap();
    std::os::fd::OwnedFd::from(output).into()
}

#[cfg(unix)]
#[test]
fn a_verdict_that_nobody_reads_is_no_success() {
    use crate::tool::output;

    let environment = [("S", "made-up-secret-of-the-environment")];
    for arguments in [
        &["sign", "--scheme", "vapi", "--secret-env", "S"][..],
        &["verify", "--scheme", "vapi", "--secret-env", "S"],
        &["cors", "decide", "--origin", "https://a.example", "--check"],
        &["limit", "simulate", "--quota", "1/s", "--honest", "1x1/s"],
    ] {
        let mut command = command(arguments, &environment);
        command.stdout(nobody_reads());
        let case = b"case\tGET\t<absent>\t<absent>\t<absent>\n";
        let output = output(command, case);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr, "rempart: standard output: broken pipe\n", "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_a_failure() {
    use std::process::Stdio;

    use crate::tool::output;

    let environment = [("S", "made-up-secret-of-the-environment")];
    for arguments in [
        &["sign", "--scheme", "vapi", "--secret-env", "S"][..],
        &["verify", "--scheme", "vapi", "--secret-env", "S"],
        &["cors", "decide", "--origin", "https://a.example"],
        &["limit", "simulate", "--quota", "1/s", "--honest", "1x1/s", "--json"],
        &["scrub"],
        &["--help"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = command(arguments, &environment);
        command.stdout(Stdio::from(full));
        let case = b"case\tGET\t<absent>\t<absent>\t<absent>\n";
        let output = output(command, case);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("standard output"), "{arguments:?}: {stderr}");
    }
}
