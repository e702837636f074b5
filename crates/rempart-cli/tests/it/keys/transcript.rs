//! The README's transcript, played against the running service.

use std::path::Path;

use rempart::keys::Secret;
use rempart_testing::wire;

use super::folder::ago;
use crate::drill::load::webhook;
use crate::drill::service::{Service, VAPI};
use crate::tool;

#[test]
fn the_readme_shows_what_is_printed() {
    let service = Service::start();
    let readme = include_str!("../../../README.md");
    let (_, transcript) = readme.split_once("```console\n").unwrap();
    let (transcript, _) = transcript.split_once("```").unwrap();
    // The sender's, before its key is turned.
    let sent = webhook(&mut service.connect(), &Secret::new(VAPI).unwrap(), 1).unwrap();
    assert_eq!(sent.status, 200);
    let mut service = Some(service);
    let folder = service.as_ref().unwrap().folder();
    let moved = tempfile::tempdir().unwrap();
    let mut place = folder;
    let (mut printed, mut code) = (String::new(), 0);
    for line in transcript.lines() {
        if let Some(command) = line.strip_prefix("$ rempart ") {
            let command = match &service {
                Some(service) => {
                    // It writes down what was used within the last second, too.
                    wire::send(service.admin(), "GET /keys", &[], b"").unwrap();
                    let command = command.replace("http://127.0.0.1:8080", &service.public_url(""));
                    command.replace("http://127.0.0.1:9090", &service.admin_url(""))
                }
                None => command.to_owned(),
            };
            let (text, status) = run(&command, &place);
            code = status;
            printed.extend([line, "\n", &text]);
        } else if line == "$ echo $?" {
            printed.extend([line, "\n", &code.to_string(), "\n"]);
        } else if line.starts_with('#') {
            printed.extend([line, "\n"]);
            // What the service would have written half an hour later.
            let keys = moved.path().join("data/keys");
            std::fs::create_dir_all(&keys).unwrap();
            std::fs::rename(place.join("data/keys/vapi-webhook"), keys.join("vapi-webhook"))
                .unwrap();
            let record = format!("at {} since {}\n", ago(0), ago(9000));
            let used = format!("{record}env {} 1\n2026-q4 {} 1\n", ago(1870), ago(2));
            std::fs::write(keys.join("vapi-webhook/used"), used).unwrap();
            place = moved.path().to_path_buf();
            service.take().unwrap().stop();
        }
    }
    let plain = |text: &str| text.lines().map(plain).collect::<Vec<_>>().join("\n");
    assert_eq!(plain(&printed), plain(transcript), "\n{printed}");
}

/// Runs one command in a folder; gives all that it prints.
fn run(command: &str, folder: &Path) -> (String, i32) {
    let arguments: Vec<_> = command.split(' ').collect();
    let mut command = tool::command(&arguments, &[]);
    command.current_dir(folder);
    let output = tool::output(command, b"");
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (text, output.status.code().unwrap())
}

/// A line without what differs from run to run: each number is 0, each gap one blank.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    for c in line.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match c {
            '0'..='9' if plain.ends_with('0') => {}
            '0'..='9' => plain.push('0'),
            c => plain.push(c),
        }
    }
    plain
}
