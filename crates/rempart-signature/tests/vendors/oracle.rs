//! The vendors' libraries, installed at their pinned versions and asked through pipes.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::draft::Wire;

/// Where they are installed: below `target/`, with the programs that ask them.
pub(crate) struct Oracles {
    node: PathBuf,
    python: PathBuf,
}

/// Their sources: `testing/oracles/`.
pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testing/oracles")
}

/// Installs what is not there, and what is there in another version.
pub(crate) fn install() -> Oracles {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracles");
    let (node, python) = (target.join("node"), target.join("python"));

    let pinned = copy(&sources().join("node"), &node);
    once(&node.join("installed"), &pinned, || {
        run(Command::new("npm").args(["ci", "--loglevel=error"]).current_dir(&node));
    });

    let pinned = copy(&sources().join("python"), &python);
    once(&python.join("installed"), &pinned, || {
        run(Command::new("python3").args(["-m", "venv", "--clear", "venv"]).current_dir(&python));
        run(Command::new("venv/bin/python")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--no-deps", "--requirement", "requirements.txt"])
            .current_dir(&python));
    });
    Oracles { node, python }
}

/// Copies a folder, and gives the text of its pins.
fn copy(from: &Path, to: &Path) -> String {
    fs::create_dir_all(to).unwrap();
    let mut pins = String::new();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
            continue;
        }
        fs::copy(&path, &to).unwrap();
        if path.extension().is_some_and(|extension| extension == "json" || extension == "txt") {
            pins.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    pins
}

/// Does what takes long, unless it was done for the same pins.
fn once(mark: &Path, pins: &str, install: impl FnOnce()) {
    if fs::read_to_string(mark).is_ok_and(|marked| marked == pins) {
        return;
    }
    install();
    fs::write(mark, pins).unwrap();
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

impl Oracles {
    /// Asks each library what it is to be asked, one for each core at a time.
    pub(crate) fn ask_all(&self, questions: &[(&str, &[(&str, Wire)])]) -> Vec<Vec<Verdict>> {
        let answers: Vec<_> = questions.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    while let Some(nth) = Some(next.fetch_add(1, Ordering::Relaxed))
                        && let Some((library, requests)) = questions.get(nth)
                    {
                        let _ = answers[nth].set(self.ask(library, requests));
                    }
                });
            }
        });
        answers.into_iter().map(|answer| answer.into_inner().unwrap()).collect()
    }

    fn ask(&self, library: &str, requests: &[(&str, Wire)]) -> Vec<Verdict> {
        let lines: Vec<String> = requests.iter().map(|(_, wire)| line(wire)).collect();
        let count = lines.len();
        let mut command = match library.split_once('/').unwrap() {
            ("node", name) => {
                let mut command = Command::new("node");
                command.args(["oracle.mjs", name]).current_dir(&self.node);
                command
            }
            ("python", name) => {
                let mut command = Command::new("venv/bin/python");
                command.args(["oracle.py", name]).current_dir(&self.python);
                command
            }
            (other, _) => panic!("{other}: no such language"),
        };
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let writer = thread::spawn(move || {
            // One that ends early is told of by its verdicts, which are too few then.
            let _ = lines.iter().try_for_each(|line| writeln!(stdin, "{line}"));
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let verdicts: Vec<_> = text.lines().map(|line| Verdict(line.to_owned())).collect();
        assert_eq!(verdicts.len(), count, "{library}: {}", output.status);
        verdicts
    }
}

fn line(wire: &Wire) -> String {
    let latin_1 = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let headers: Vec<_> =
        wire.headers.iter().map(|(name, value)| json!([name, latin_1(value)])).collect();
    let now = u64::try_from(wire.now.as_millis()).unwrap();
    json!({
        "method": wire.method,
        "url": wire.url,
        "headers": headers,
        "body": STANDARD.encode(&wire.body),
        "secret": wire.secret,
        "now": now,
    })
    .to_string()
}

/// What a library said.
#[derive(Debug)]
pub(crate) struct Verdict(String);

impl Verdict {
    pub(crate) fn accepts(&self) -> bool {
        assert!(self.0.starts_with("accept") || self.0.starts_with("refuse"), "{}", self.0);
        self.0 == "accept"
    }
}
