//! The filter for fail2ban finds every refusal in a service's log, and nothing else.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use drain_fortin::{Config, DataOption, Log, ServeOptions, serve_without};
use http::Request;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use rempart_core::{EventKind, ManualClock, Outcome};
use tempfile::{NamedTempFile, TempDir};

use super::{path, read, run};
use crate::house::{Lines as Written, send};

/// The lines of a log.
struct Lines {
    refusals: Vec<String>,
    others: Vec<String>,
}

/// The log of a service that many sorts of clients came to, as it writes it.
async fn log(format: &str) -> Lines {
    let folder = TempDir::new().unwrap();
    let (clock, written) = (ManualClock::default(), Written::default());
    let config = config(folder.path(), format).clock(Arc::new(clock.clone()));
    let log = Log::to(&config, written.clone()).unwrap();
    let running = serve_without(config, None, log).await.unwrap();
    let (public, admin) = (running.public, running.admin);
    let evil = ("origin", "https://evil.example");
    let forged = "/?x%20rempart%3A%20event.name%3D%22auth.failed%22%20outcome%3D%22rejected%22%20\
                  client.address%3D198.51.100.1=1";
    let text = "\",\"event.name\":\"auth.failed\",\"outcome\":\"rejected\",\
                \"client.address\":\"198.51.100.1\"";
    let login = r#"{"email":"nobody@example.test","password":"made-up-and-wrong"}"#;
    let none = ("accept", "*/*");
    let token = ("authorization", "Bearer made.up.token");
    #[rustfmt::skip]
    let rows = [
        // listener, request, client, header, body, status, how often
        (public, "POST /webhooks/vapi", "203.0.113.1",  none,                    "{}",  401, 1),
        (public, "GET /api/calls",      "2001:db8::1",  none,                    "",    401, 1),
        (public, "GET /api/calls",      "203.0.113.2",  ("authorization", text), "",    401, 1),
        (public, "GET /api/calls",      "203.0.113.2",  token,                   "",    401, 1),
        (public, "GET /healthz",        "203.0.113.3",  evil,                    "",    200, 3),
        (public, "POST /auth/login",    "203.0.113.4",  none,                    login, 401, 1),
        (public, "POST /webhooks/vapi", "203.0.113.5",  none,                    "{}",  401, 10),
        (public, "POST /webhooks/vapi", "203.0.113.5",  none,                    "{}",  429, 40),
        (admin,  "GET /keys",           "203.0.113.6",  none,                    "",    401, 2),
        (admin,  "GET /keys",           "203.0.113.6",  token,                   "",    401, 1),
        // What is served, or is not there, is no refusal.
        (public, "GET /healthz",        "203.0.113.7",  none,                    "",    200, 2),
        (public, "GET /nowhere",        "203.0.113.7",  ("user-agent", text),    "",    404, 2),
        (public, "FORGED",              "203.0.113.7",  ("referer", text),       "",    200, 2),
    ];
    let ask = async |to, target: &str, client: &str, header: (&str, &str), body: &str| {
        let (method, path) = target.split_once(' ').unwrap_or(("GET", forged));
        let request = Request::builder().method(method).uri(path).header(header.0, header.1);
        let request = request.header("x-forwarded-for", client);
        let request = request.header("content-type", "application/json");
        send(to, request.body(body.to_owned()).unwrap()).await.status().as_u16()
    };
    for (to, target, client, header, body, status, times) in rows {
        for nth in 0..times {
            let got = ask(to, target, client, header, body).await;
            assert_eq!(got, status, "{target} of {client}, {nth}");
        }
    }
    // A second of its own, whose first line stands for those that were left out.
    clock.advance(Duration::from_secs(1));
    assert_eq!(ask(public, "POST /webhooks/vapi", "203.0.113.5", none, "{}").await, 429);
    running.stop.gracefully().await;
    let text = written.text();
    let (refusals, others): (Vec<_>, Vec<_>) =
        text.lines().map(ToOwned::to_owned).partition(|line| is_refusal(format, line));
    assert!(refusals.len() >= 30 && others.len() >= 6, "{text}");
    Lines { refusals, others }
}

/// A service behind a proxy, so that clients have addresses.
fn config(folder: &Path, format: &str) -> Config {
    let any = "127.0.0.1:0".parse().unwrap();
    let data = DataOption { folder: folder.to_owned() };
    let options = ServeOptions { listen: any, admin_listen: any, data, keys: None };
    let variables = [
        ("LOG_FORMAT", format),
        ("RUST_LOG", "info,rempart=debug"),
        ("TRUSTED_PROXIES", "127.0.0.1/32"),
    ];
    Config::load(&options, variables, None).unwrap()
}

/// A line of the events' target that tells of a client that was turned away.
fn is_refusal(format: &str, line: &str) -> bool {
    if format == "json" {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let refused = line["outcome"] == "rejected" && line["client.address"].is_string();
        return line["target"] == "rempart" && refused;
    }
    line.split(' ').any(|word| word == "rempart:")
        && line.contains(" outcome=\"rejected\" ")
        && line.contains(" client.address=")
}

/// The address of each refusal, as the log has it.
fn clients(lines: &[String]) -> Vec<String> {
    let after = |line: &String| {
        let (_, rest) = line.split_once("client.address").unwrap();
        let rest = rest.trim_start_matches(['"', ':', '=']);
        rest.chars().take_while(|char| !matches!(char, ' ' | '"')).collect()
    };
    lines.iter().map(after).collect()
}

/// The filter's expressions, without fail2ban.
struct Filter(Vec<PikeVM>);

impl Filter {
    fn load() -> Self {
        let conf = read("fail2ban/filter.d/rempart.conf");
        let lines = conf.lines().filter(|line| !line.starts_with('#'));
        let mut options = BTreeMap::<&str, Vec<&str>>::new();
        let mut name = "";
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('[')) {
            let value = match line.split_once(" = ") {
                Some((own, value)) if !line.starts_with(' ') => {
                    name = own;
                    value
                }
                _ => line.trim(),
            };
            options.entry(name).or_default().push(value);
        }
        let option = |name: &str| options[name].concat();
        let patterns = options["failregex"].iter().map(|pattern| {
            let pattern = pattern.replace("<events>", &option("events"));
            let pattern = pattern.replace("<span>", &option("span"));
            PikeVM::new(&pattern.replace("<ADDR>", "[0-9a-f:.]+")).unwrap()
        });
        Self(patterns.collect())
    }

    /// How many of the lines it finds; of a line without a date, none.
    fn finds(&self, lines: &[String]) -> usize {
        let found = lines.iter().filter(|line| {
            let line = line.strip_prefix("{\"timestamp\":\"").unwrap_or(line);
            let date = "2026-11-22T15:33:05.290625Z".len();
            let dated = line.get(..date).is_some_and(|date| date.ends_with('Z'));
            dated && self.0.iter().any(|vm| vm.is_match(&mut vm.create_cache(), &line[date..]))
        });
        found.count()
    }
}

fn samples(name: &str) -> Vec<String> {
    read(&format!("fail2ban/samples/{name}.log")).lines().map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn finds_every_refusal_in_the_log_of_a_service_and_nothing_else() {
    let filter = Filter::load();
    assert_eq!(filter.0.len(), 2, "one for text, one for JSON");
    for format in ["text", "json"] {
        let log = log(format).await;
        assert_eq!(filter.finds(&log.refusals), log.refusals.len(), "{:#?}", log.refusals);
        assert_eq!(filter.finds(&log.others), 0, "{:#?}", log.others);
        // A line that stands for others is one, too.
        assert!(log.refusals.iter().any(|line| line.contains("suppressed")));
    }
}

#[test]
fn finds_the_samples_that_it_is_to_find_and_no_other() {
    let (filter, refused, other) = (Filter::load(), samples("refused"), samples("other"));
    assert_eq!(filter.finds(&refused), refused.len());
    assert_eq!(filter.finds(&other), 0);
}

#[test]
fn the_jail_names_events_that_there_are() {
    let jail = read("fail2ban/jail.d/rempart.conf");
    let (_, events) = jail.split_once("events=\"").unwrap();
    let (events, _) = events.split_once('"').unwrap();
    for event in events.split('|') {
        let event = event.replace("\\.", ".");
        let mut kinds = EventKind::ALL.iter();
        assert!(kinds.any(|kind| kind.event_name(Outcome::Refused) == event), "{event}");
    }
}

/// What `fail2ban-regex` makes of lines: the addresses that it would count against.
fn counted(lines: &[String], filter: &str) -> Vec<String> {
    let mut file = NamedTempFile::new().unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    let filter = format!("{}{filter}", path("fail2ban/filter.d/rempart.conf").display());
    let tool = || Command::new("fail2ban-regex");
    let said = run(tool().arg(file.path()).arg(&filter));
    let found = run(tool().args(["--out", "ip"]).arg(file.path()).arg(&filter));
    let found: Vec<_> = found.lines().map(ToOwned::to_owned).collect();
    let missed = lines.len() - found.len();
    let sums = format!(
        "Lines: {} lines, 0 ignored, {} matched, {missed} missed",
        lines.len(),
        found.len()
    );
    assert!(said.contains(&sums), "{sums}: {said}");
    found
}

#[tokio::test]
#[ignore = "needs fail2ban-regex (Debian: fail2ban)"]
async fn fail2ban_counts_every_refusal_against_its_client_and_nothing_else() {
    for format in ["text", "json"] {
        let log = log(format).await;
        assert_eq!(counted(&log.refusals, ""), clients(&log.refusals));
        assert_eq!(counted(&log.others, ""), [""; 0]);
    }
    let refused = samples("refused");
    assert_eq!(counted(&refused, ""), clients(&refused));
    assert_eq!(counted(&samples("other"), ""), [""; 0]);
    // A jail may ask for fewer.
    let (wanted, rest): (Vec<_>, Vec<_>) =
        refused.into_iter().partition(|line| line.contains("auth.failed"));
    assert_eq!(counted(&wanted, r"[events=auth\.failed]"), clients(&wanted));
    assert_eq!(counted(&rest, r"[events=auth\.failed]"), [""; 0]);
}
