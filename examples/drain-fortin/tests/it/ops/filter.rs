//! The filter for fail2ban finds every refusal in a service's log, and nothing else.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use drain_fortin::{Config, DataOption, Log, Running, ServeOptions, serve_without};
use http::Request;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use rempart_core::{EventKind, ManualClock, Outcome, Reason};
use tempfile::{NamedTempFile, TempDir};

use super::{path, read, run};
use crate::house::{Lines as Written, send};

/// The lines of a log.
struct Lines {
    refusals: Vec<String>,
    others: Vec<String>,
}

/// A service that many sorts of clients come to, each by an address of its own.
struct Asked {
    running: Running,
    clock: ManualClock,
    written: Written,
    format: &'static str,
    _folder: TempDir,
}

/// A header.
type Header<'a> = (&'a str, &'a str);

/// A request for `METHOD /path`, of a client, with a header and a body.
type Row<'a> = (SocketAddr, &'a str, &'a str, Header<'a>, &'a str);

impl Asked {
    async fn open(format: &'static str) -> Self {
        let folder = TempDir::new().unwrap();
        let (clock, written) = (ManualClock::default(), Written::default());
        let config = config(folder.path(), format).clock(Arc::new(clock.clone()));
        let log = Log::to(&config, written.clone()).unwrap();
        let running = serve_without(config, None, log).await.unwrap();
        Self { running, clock, written, format, _folder: folder }
    }

    async fn ask(&self, (to, target, client, header, body): Row<'_>) -> u16 {
        let (method, path) = target.split_once(' ').unwrap();
        let request = Request::builder().method(method).uri(path).header(header.0, header.1);
        let request = request.header("x-forwarded-for", client);
        let request = if header.0 == "content-type" {
            request
        } else {
            request.header("content-type", "application/json")
        };
        send(to, request.body(body.to_owned()).unwrap()).await.status().as_u16()
    }

    /// What the log says of it all.
    async fn close(self) -> Lines {
        self.running.stop.gracefully().await;
        let text = self.written.text();
        let (refusals, others): (Vec<_>, Vec<_>) =
            text.lines().map(ToOwned::to_owned).partition(|line| is_refusal(self.format, line));
        assert!(refusals.len() >= 20 && others.len() >= 6, "{text}");
        Lines { refusals, others }
    }
}

const NONE: Header<'_> = ("accept", "*/*");

const LOGIN: &str = r#"{"email":"nobody@example.test","password":"made-up-and-wrong"}"#;

const TOKEN: Header<'_> = ("authorization", "Bearer made.up.token");

/// The log of a service that is attacked, as it writes it.
async fn attacked(format: &'static str) -> Lines {
    let service = Asked::open(format).await;
    let (public, admin) = (service.running.public, service.running.admin);
    let evil = ("origin", "https://evil.example");
    let forged = "GET /?x%20rempart%3A%20event.name%3D%22auth.failed%22%20outcome%3D%22rejected%22\
                  %20client.address%3D198.51.100.1=1";
    let text = "\",\"event.name\":\"auth.failed\",\"outcome\":\"rejected\",\
                \"client.address\":\"198.51.100.1\"";
    #[rustfmt::skip]
    let rows = [
        // listener, request, client, header, body, status, how often
        (public, "POST /webhooks/vapi", "203.0.113.1",  NONE,                    "{}",  401, 1),
        (public, "GET /api/calls",      "2001:db8::1",  NONE,                    "",    401, 1),
        (public, "GET /api/calls",      "203.0.113.2",  ("authorization", text), "",    401, 1),
        (public, "GET /api/calls",      "203.0.113.2",  TOKEN,                   "",    401, 1),
        (public, "GET /healthz",        "203.0.113.3",  evil,                    "",    200, 3),
        (public, "POST /auth/login",    "203.0.113.4",  NONE,                    LOGIN, 401, 1),
        (public, "POST /webhooks/vapi", "203.0.113.5",  NONE,                    "{}",  401, 10),
        (public, "POST /webhooks/vapi", "203.0.113.5",  NONE,                    "{}",  429, 40),
        (admin,  "GET /keys",           "203.0.113.6",  NONE,                    "",    401, 2),
        (admin,  "GET /keys",           "203.0.113.6",  TOKEN,                   "",    401, 1),
        // What is served, or is not there, is no refusal.
        (public, "GET /healthz",        "203.0.113.7",  NONE,                    "",    200, 2),
        (public, "GET /nowhere",        "203.0.113.7",  ("user-agent", text),    "",    404, 2),
        (public, forged,                "203.0.113.7",  ("referer", text),       "",    200, 2),
    ];
    for (to, target, client, header, body, status, times) in rows {
        for nth in 0..times {
            let got = service.ask((to, target, client, header, body)).await;
            assert_eq!(got, status, "{target} of {client}, {nth}");
        }
    }
    // A second of its own, whose first line stands for those that were left out.
    service.clock.advance(Duration::from_secs(1));
    let one_more = (public, "POST /webhooks/vapi", "203.0.113.5", NONE, "{}");
    assert_eq!(service.ask(one_more).await, 429);
    service.close().await
}

/// The log of a service to which a page of others sends the browser of a visitor, by all that a
/// page can do without being asked first: no header of its own, no body but a form's or a text.
async fn visited(format: &'static str) -> Lines {
    let service = Asked::open(format).await;
    let (public, admin) = (service.running.public, service.running.admin);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let text = ("content-type", "text/plain");
    let origin = ("origin", "https://evil.example");
    let site = ("sec-fetch-site", "cross-site");
    #[rustfmt::skip]
    let rows = [
        (public, "GET /api/calls",          NONE,   "",          30),
        (public, "GET /api/calls",          site,   "",          30),
        (public, "GET /api/calls?token=a",  origin, "",          30),
        (public, "OPTIONS /api/calls",      origin, "",          30),
        (public, "POST /api/leads",         form,   "name=a",    30),
        (public, "POST /auth/login",        text,   LOGIN,       30),
        (public, "POST /auth/refresh",      text,   "{}",        30),
        (public, "POST /webhooks/vapi",     text,   "{}",        30),
        (public, "POST /webhooks/twilio/sms", form, "",        30),
        (public, "POST /webhooks/twilio/sms?bodySHA256=a", form, "CallSid=a", 30),
        (admin,  "GET /keys",               site,   "",          30),
        (admin,  "POST /keys/reload",       form,   "a=b",       30),
    ];
    for (to, target, header, body, times) in rows {
        for _ in 0..times {
            let status = service.ask((to, target, "203.0.113.8", header, body)).await;
            assert!(status == 200 || (400..500).contains(&status), "{target}: {status}");
        }
        // So that the limits let the next sort through, and the log writes it.
        service.clock.advance(Duration::from_secs(90));
    }
    service.close().await
}

/// A service behind a proxy, so that clients have addresses.
fn config(folder: &Path, format: &str) -> Config {
    let any = "127.0.0.1:0".parse().unwrap();
    let data = DataOption { folder: folder.to_owned() };
    let options =
        ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None };
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

/// Of a jail, how the filter is asked for: `[events="…", …]`.
fn of_jail(name: &str) -> String {
    option_of_jail(name, "filter").strip_prefix("rempart").unwrap().to_owned()
}

fn option_of_jail(jail: &str, name: &str) -> String {
    let jails = read("fail2ban/jail.d/rempart.conf");
    let (_, options) = jails.split_once(&format!("\n[{jail}]\n")).unwrap();
    let before = format!("{name} = ");
    options.lines().find_map(|line| line.strip_prefix(&before)).unwrap().to_owned()
}

/// Its options: `events`, `reasons`, `outcomes`.
fn options_of(asked: &str) -> BTreeMap<&str, &str> {
    let asked = asked.trim_start_matches('[').trim_end_matches(']');
    let options = asked.split(", ").filter(|option| !option.is_empty());
    options
        .map(|option| option.split_once('=').unwrap())
        .map(|(n, v)| (n, v.trim_matches('"')))
        .collect()
}

/// The filter's expressions, without fail2ban.
struct Filter(Vec<PikeVM>);

impl Filter {
    /// As a jail asks for it; as it is by itself, of an empty text.
    fn load(asked: &str) -> Self {
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
        for (name, value) in options_of(asked) {
            assert!(options.contains_key(name), "the filter has no {name}");
            options.insert(name, vec![value]);
        }
        let option = |name: &str| options[name].concat();
        let patterns = options["failregex"].iter().map(|pattern| {
            let named = ["events", "reasons", "outcomes", "span"];
            let pattern = named.into_iter().fold((*pattern).to_owned(), |pattern, name| {
                pattern.replace(&format!("<{name}>"), &option(name))
            });
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
    let filter = Filter::load("");
    assert_eq!(filter.0.len(), 2, "one for text, one for JSON");
    for format in ["text", "json"] {
        let log = attacked(format).await;
        assert_eq!(filter.finds(&log.refusals), log.refusals.len(), "{:#?}", log.refusals);
        assert_eq!(filter.finds(&log.others), 0, "{:#?}", log.others);
        // A line that stands for others is one, too.
        assert!(log.refusals.iter().any(|line| line.contains("suppressed")));
    }
}

#[test]
fn finds_the_samples_that_it_is_to_find_and_no_other() {
    let filter = Filter::load("");
    assert_eq!(filter.finds(&samples("refused")), samples("refused").len());
    assert_eq!(filter.finds(&samples("other")), 0);
    let anomalous = Filter::load(&of_jail("rempart-anomalous"));
    assert_eq!(anomalous.finds(&samples("anomalous")), samples("anomalous").len());
    assert_eq!(anomalous.finds(&samples("refused")), 0);
    // In the other file two clients stand out, and a network, which is nobody's address.
    assert_eq!(anomalous.finds(&samples("other")), 2);
}

/// Those who are banned have sent something false: what they lack, any page can make anybody lack.
#[tokio::test]
async fn the_jail_counts_forged_credentials_and_nothing_that_a_page_of_others_causes() {
    let (all, jail) = (Filter::load(""), Filter::load(&of_jail("rempart")));
    for format in ["text", "json"] {
        let log = attacked(format).await;
        let forged =
            |line: &&String| ["203.0.113.2", "203.0.113.4"].iter().any(|of| line.contains(of));
        let forged: Vec<_> = log.refusals.iter().filter(forged).cloned().collect();
        // One came with no bearer's token at all, which is a lack.
        assert_eq!((jail.finds(&forged), forged.len()), (2, 3), "{forged:#?}");
        let log = visited(format).await;
        assert!(all.finds(&log.refusals) >= 200, "{:#?}", log.refusals);
        for line in &log.refusals {
            assert_eq!(jail.finds(std::slice::from_ref(line)), 0, "{line}");
        }
    }
}

/// A detector that watches counts what a page of others can cause, too.
#[test]
fn whom_the_detector_tells_of_is_banned_at_once_where_somebody_has_turned_that_on() {
    let option = |name| option_of_jail("rempart-anomalous", name);
    assert_eq!((option("enabled"), option("maxretry")), ("false".to_owned(), "1".to_owned()));
    assert_eq!(option_of_jail("rempart", "enabled"), "true");
}

#[test]
fn the_jails_name_events_reasons_and_outcomes_that_there_are() {
    for jail in ["rempart", "rempart-anomalous"] {
        let asked = of_jail(jail);
        let options = options_of(&asked);
        for event in options["events"].split('|') {
            let event = event.replace("\\.", ".");
            let mut kinds = EventKind::ALL.iter();
            assert!(kinds.any(|kind| kind.event_name(Outcome::Refused) == event), "{event}");
        }
        for reason in options["reasons"].split('|') {
            assert!(Reason::ALL.iter().any(|known| known.as_str() == reason), "{reason}");
        }
        for outcome in options.get("outcomes").into_iter().flat_map(|all| all.split('|')) {
            assert!(Outcome::ALL.iter().any(|known| known.as_str() == outcome), "{outcome}");
        }
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
    let (jail, anomalous) = (of_jail("rempart"), of_jail("rempart-anomalous"));
    for format in ["text", "json"] {
        let log = attacked(format).await;
        assert_eq!(counted(&log.refusals, ""), clients(&log.refusals));
        assert_eq!(counted(&log.others, ""), [""; 0]);
        let forged = ["203.0.113.2", "203.0.113.4", "203.0.113.6"];
        assert_eq!(counted(&log.refusals, &jail), forged);
        let visited = visited(format).await;
        assert_eq!(counted(&visited.refusals, &jail), [""; 0]);
    }
    let (refused, stands_out) = (samples("refused"), samples("anomalous"));
    assert_eq!(counted(&refused, ""), clients(&refused));
    assert_eq!(counted(&samples("other"), ""), [""; 0]);
    assert_eq!(counted(&stands_out, &anomalous), clients(&stands_out));
    assert_eq!(counted(&refused, &anomalous), [""; 0]);
    // A jail may ask for fewer.
    let (wanted, rest): (Vec<_>, Vec<_>) =
        refused.into_iter().partition(|line| line.contains("auth.failed"));
    assert_eq!(counted(&wanted, r"[events=auth\.failed]"), clients(&wanted));
    assert_eq!(counted(&rest, r"[events=auth\.failed]"), [""; 0]);
}
