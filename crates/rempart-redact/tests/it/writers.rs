use std::io::Write;

use rempart_redact::{Policy, RedactWriter, Redactor};

use crate::examples::examples;
use crate::{CANARY, standard, with_canary};

fn written(redactor: &Redactor, pieces: &[&[u8]]) -> String {
    let mut writer = RedactWriter::new(redactor.clone(), Vec::new());
    for piece in pieces {
        writer.write_all(piece).unwrap();
        writer.flush().unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

#[test]
fn a_value_in_two_pieces_is_seen_whole() {
    let redactor = with_canary();
    let mut texts: Vec<String> = examples().into_iter().flat_map(|row| row.found).collect();
    texts.push(format!("left {CANARY} right"));
    for text in texts.iter().filter(|text| !text.contains('\n')) {
        let whole = format!("left\n{text}\nright");
        let want = written(&redactor, &[whole.as_bytes()]);
        // At the ends of the value and in its middle: every place would take minutes.
        for at in [5, 6, 5 + text.len() / 2, 5 + text.len(), 6 + text.len()] {
            let (first, second) = whole.as_bytes().split_at(at);
            assert_eq!(written(&redactor, &[first, second]), want, "{text} at {at}");
        }
        let bytes: Vec<&[u8]> = whole.as_bytes().chunks(1).collect();
        assert_eq!(written(&redactor, &bytes), want, "{text} byte by byte");
    }
}

#[test]
fn lines_keep_their_ends() {
    for text in ["", "\n", "a", "a\n", "a\r\nb\r\n", "\n\na\n", "é\n日本"] {
        assert_eq!(written(&standard(), &[text.as_bytes()]), text, "{text:?}");
    }
}

#[test]
fn the_lines_of_a_private_key_go_with_its_first() {
    let text = "a\nkey: -----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAABBBB\nCCCC=\n\
                -----END RSA PRIVATE KEY-----\nafter it\n";
    assert_eq!(
        written(&standard(), &[text.as_bytes()]),
        "a\nkey: [REDACTED:private_key_block]\nafter it\n"
    );
    // A beginning without an end takes nothing that is no key with it.
    let text = "-----BEGIN PRIVATE KEY-----\nAAAA\nINFO a line of the log\nBBBB\n";
    let want = "[REDACTED:private_key_block]\nINFO a line of the log\nBBBB\n";
    assert_eq!(written(&standard(), &[text.as_bytes()]), want);
    let whole = "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY----- then\nAAAA\n";
    assert_eq!(
        written(&standard(), &[whole.as_bytes()]),
        "[REDACTED:private_key_block] then\nAAAA\n"
    );
}

#[test]
fn a_line_without_end_is_neither_kept_nor_shown() {
    let policy = Policy::builder("short").max_record(4096).build().unwrap();
    let redactor = Redactor::new(policy);
    let mut writer = RedactWriter::new(redactor, Vec::new());
    for _ in 0..10_000 {
        writer.write_all(&[b'x'; 1000]).unwrap();
    }
    assert!(format!("{writer:?}").contains("waiting: 4096"));
    writer.write_all(b"\nnext\n").unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.len() <= 4096 && first.ends_with("[TRUNCATED 9996928 bytes]"), "{first}");
    assert_eq!(rest, "next\n");
}

#[test]
fn the_last_line_is_written_when_the_writer_is_dropped() {
    let mut out = Vec::new();
    let mut writer = RedactWriter::new(standard(), &mut out);
    writer.write_all(b"pin=12").unwrap();
    drop(writer);
    assert_eq!(out, b"pin=[REDACTED:key]");
}
