//! What stands in a line of the log, whatever stood in the request and in the configuration.

use std::io;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use http::Request;
use proptest::prelude::*;
use rempart_core::{
    ClientAddr, Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason, RouteName,
};
use rempart_monitor::EventLog;
use rempart_testing::heard_by;

/// What the formatters that a service would use make of a run: text, then JSON.
fn formatted(run: impl Fn()) -> [String; 2] {
    let (text, json) = (Written::default(), Written::default());
    let (to_text, to_json) = (text.clone(), json.clone());
    let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let subscriber = lines.with_writer(move || to_text.clone()).finish();
    heard_by(subscriber, &run);
    let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).json();
    let subscriber = lines.flatten_event(true).with_writer(move || to_json.clone()).finish();
    heard_by(subscriber, &run);
    [text, json].map(|written| String::from_utf8(written.0.lock().unwrap().clone()).unwrap())
}

/// Any text of all of Unicode, those that trouble a log more often than by chance.
fn any_text() -> impl Strategy<Value = String> {
    let troublesome = prop_oneof![
        Just('\n'),
        Just('\r'),
        Just('\u{1b}'),
        Just('\u{7f}'),
        Just('\u{9b}'),
        Just('\u{85}'),
        Just('\u{2028}'),
        Just('\u{202e}'),
        Just('\u{2066}'),
        Just('"'),
        Just('\\'),
    ];
    let char = prop_oneof![3 => any::<char>(), 1 => troublesome];
    proptest::collection::vec(char, 0..300).prop_map(String::from_iter)
}

/// What moves a cursor, begins a line, or turns text around.
fn is_raw_control(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || ('\u{2028}'..='\u{202e}').contains(&char)
        || ('\u{2066}'..='\u{2069}').contains(&char)
}

#[test]
fn no_raw_control_character_of_all_unicode_stands_in_a_line() {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    // Sixty-four characters are never more than a line holds of one text.
    let routes: Vec<String> = all.chunks(64).map(String::from_iter).collect();
    let policy = PolicyName::new("made-up").unwrap();
    let lines = formatted(|| {
        let log = EventLog::new(ManualClock::default()).lines_per_second(NonZeroU32::MAX);
        for route in &routes {
            let event = Event::new(EventKind::Signature, Outcome::Refused, &policy);
            log.observe(&event.route(Some(route)));
        }
    });
    for lines in lines {
        // Not `lines()`, which knows fewer ends of a line than a terminal.
        let lines: Vec<_> = lines.trim_end_matches('\n').split('\n').collect();
        assert_eq!(lines.len(), routes.len());
        for line in lines {
            assert!(!line.contains(is_raw_control), "{line:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// A route and a variable are named by who wrote the service, in whatever letters.
    #[test]
    fn no_raw_control_character_stands_in_a_line(route in any_text(), secret in any_text()) {
        let policy = PolicyName::new("made-up").unwrap();
        let event = Event::new(EventKind::SecretEgress, Outcome::Refused, &policy)
            .reason(Reason::SecretExposed)
            .route(Some(&route))
            .secret(Some(&secret));
        let [text, json] = formatted(|| EventLog::new(ManualClock::default()).observe(&event));
        for lines in [&text, &json] {
            let line = lines.strip_suffix('\n').unwrap();
            prop_assert!(!line.contains(is_raw_control), "{line:?}");
            prop_assert!(line.len() < 5_000, "{line:?}");
        }
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&json["event.name"], "secret.egress_blocked");
        // What needs no replacing stands there as it is.
        if route.len() <= 256 && !route.contains(is_raw_control) {
            prop_assert_eq!(&json["http.route"], route.as_str());
        }
    }

    /// Whatever a client sends, of its own making nothing stands in a line but its address.
    #[test]
    fn nothing_that_a_client_made_up_stands_in_a_line(
        canary in "[a-zA-Z0-9]{12}",
        address in any::<std::net::Ipv4Addr>(),
    ) {
        let made_up = |name: &str| format!("{canary}{name}");
        let mut request = Request::builder()
            .method(made_up("METHOD").as_str())
            .uri(format!("http://{canary}.example/{canary}?{canary}={canary}"));
        for name in ["authorization", "cookie", "origin", "user-agent", "x-api-key", "host"] {
            request = request.header(name, made_up(name));
        }
        let mut request = request.header(format!("x-{}", canary.to_lowercase()), &canary).body(()).unwrap();
        request.extensions_mut().insert(ClientAddr::new(address.into()));
        request.extensions_mut().insert(RouteName::new("/calls/{id}"));
        let policy = PolicyName::new("made-up").unwrap();
        let lines = formatted(|| {
            let log = EventLog::new(ManualClock::default());
            for (kind, outcome) in EventKind::ALL.iter().zip(Outcome::ALL.iter().cycle()) {
                log.observe(&Event::new(*kind, *outcome, &policy).request(&request));
            }
        });
        for lines in lines {
            prop_assert_eq!(lines.lines().count(), EventKind::ALL.len());
            prop_assert!(!lines.to_lowercase().contains(&canary.to_lowercase()), "{lines}");
            let as_declared = [&address.to_string(), "/calls/{id}"].map(|text| lines.contains(text));
            prop_assert_eq!(as_declared, [true; 2]);
        }
    }
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
