//! Every way into an event, through the formatters that people use.

use std::error::Error;
use std::fmt;

use rempart_redact::RedactMakeWriter;
use rempart_testing::{Capture, canary, heard_by};
use serde_json::Value;
use tracing::{Level, error, info, info_span, warn};
use tracing_subscriber::fmt::MakeWriter;

use crate::{CANARY, with_canary};

#[derive(Debug)]
struct Failed(&'static str);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failed {}

/// Logs the canary, a card, a mail address and a forged line in every place that there is.
fn log_it_all() {
    let forged = "x\n2026-11-22T00:00:00Z ERROR forged";
    let span = info_span!("call", caller = CANARY, later = tracing::field::Empty, forged = %forged);
    let _entered = span.enter();
    span.record("later", format_args!("{CANARY}"));
    info!("message {CANARY}");
    info!(text = CANARY, "as a text");
    info!(debug = ?CANARY, "as Debug");
    info!(display = %CANARY, "as Display");
    info!(debug = ?Some(CANARY.as_bytes()), "as bytes");
    info!(card = 4_242_424_242_424_242_u64, neighbour = 7, "as a number");
    info!(pin = 47_110_815, neighbour = 7, "by name");
    info!(token = "short", neighbour = "stays", "by name");
    warn!(error = &Failed(CANARY) as &dyn Error, "as an error");
    warn!(forged = %forged, "forged {forged} \u{1b}[31mred\u{1b}[0m \u{202e}");
    error!(
        "mail ann@example.com, phone +442071838750, https://u:hunter2@db.example/x?pin=47110815&id=7"
    );
}

fn assert_clean(output: &str) {
    canary::assert_absent(output, CANARY);
    // Long enough that no timestamp holds one by chance.
    for hidden in
        ["42424242", "47110815", "hunter2", "ann@", "71838750", "\"short\"", "\u{1b}", "\u{202e}"]
    {
        assert!(!output.contains(hidden), "{hidden}: {output}");
    }
    for shown in ["as a text", "as Display", "neighbour", "stays", "db.example", "id=7"] {
        assert!(output.contains(shown), "{shown}: {output}");
    }
}

fn captured(start: impl FnOnce(RedactMakeWriter<Capture>)) -> String {
    let capture = Capture::default();
    start(RedactMakeWriter::new(with_canary(), capture.clone()));
    capture.text()
}

#[test]
fn text_shows_no_secret_and_one_line_for_each_event() {
    for ansi in [false, true] {
        let output = captured(|writer| {
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(Level::TRACE)
                .with_ansi(ansi)
                .with_writer(writer)
                .finish();
            heard_by(subscriber, log_it_all);
        });
        assert_clean(&output);
        assert_eq!(output.lines().count(), 11, "{output}");
    }
}

#[test]
fn compact_and_pretty_show_no_secret() {
    let compact = captured(|writer| {
        let subscriber = tracing_subscriber::fmt().compact().with_writer(writer).finish();
        heard_by(subscriber, log_it_all);
    });
    assert_clean(&compact);
    let pretty = captured(|writer| {
        let subscriber =
            tracing_subscriber::fmt().pretty().with_writer(writer.multiline()).finish();
        heard_by(subscriber, log_it_all);
    });
    assert_clean(&pretty);
}

#[test]
fn json_shows_no_secret_and_stays_json() {
    let output = captured(|writer| {
        let subscriber = tracing_subscriber::fmt().json().with_writer(writer).finish();
        heard_by(subscriber, log_it_all);
    });
    assert_clean(&output);
    let events: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|fault| panic!("{fault}: {line}")))
        .collect();
    assert_eq!(events.len(), 11);
    let number = events.iter().find(|event| event["fields"]["message"] == "as a number").unwrap();
    assert_eq!(number["fields"]["card"], "[REDACTED:credit_card]");
    assert_eq!(number["fields"]["neighbour"], 7);
    assert_eq!(number["span"]["caller"], "[REDACTED:secret/CANARY]");
}

#[test]
fn without_the_writer_the_test_sees_the_leak() {
    let capture = Capture::default();
    capture.within(log_it_all);
    assert!(canary::found(capture.text().as_bytes(), CANARY.as_bytes()).is_some());
}

#[test]
fn a_record_in_pieces_is_seen_whole() {
    use std::io::Write;

    let capture = Capture::default();
    let make = RedactMakeWriter::new(with_canary(), capture.clone());
    let mut writer = make.make_writer();
    for piece in [&b"left canary qui"[..], b"te/made+up \"7\\ ri", b"ght"] {
        writer.write_all(piece).unwrap();
        writer.flush().unwrap();
    }
    assert_eq!(capture.text(), "");
    drop(writer);
    assert_eq!(capture.text(), "left [REDACTED:secret/CANARY] right\n");
}
