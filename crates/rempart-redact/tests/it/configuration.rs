use rempart_core::NameError;
use rempart_keys::Secret;
use rempart_redact::{ConfigError, Detector, Policy, Redactor};

#[test]
fn reports_every_fault_at_once() {
    let secret = Secret::new("made-up").unwrap();
    let errors = Policy::builder("Logs")
        .max_record(10)
        .secret("a name", &secret)
        .key("--")
        .enable("no_such")
        .dangerously_disable("nor_this")
        .detector(Detector::new("Bad Name", "a", &["a"]))
        .detector(Detector::new("email", "a", &["a"]))
        .detector(Detector::new("unasked", "a", &[]))
        .detector(Detector::new("unclosed", "(a", &["a"]))
        .detector(Detector::new("nothing", "a*", &["a"]))
        .detector(Detector::new("look_around", "a(?=b)", &["a"]))
        .detector(Detector::new("huge", "(?:[a-z]{1000}){1000}", &["a"]))
        .build()
        .unwrap_err();
    let unknown = |id: &str| ConfigError::UnknownDetector { id: id.to_owned() };
    let want = [
        ConfigError::InvalidName(NameError::InvalidByte { offset: 0 }),
        ConfigError::RecordSize { bytes: 10 },
        ConfigError::InvalidSecretName { name: "a name".to_owned() },
        unknown("no_such"),
        unknown("nor_this"),
        ConfigError::InvalidDetectorName { id: "Bad Name" },
        ConfigError::DuplicateDetector { id: "email" },
        ConfigError::MissingKeyword { id: "unasked" },
        ConfigError::EmptyKey { key: "--".to_owned() },
        ConfigError::EmptyMatch { id: "nothing" },
    ];
    for fault in &want {
        assert!(errors.iter().any(|error| error == fault), "{fault}\n---\n{errors}");
    }
    for named in ["unclosed", "look_around", "huge"] {
        let named =
            |error: &ConfigError| matches!(error, ConfigError::Pattern { id, .. } if *id == named);
        assert!(errors.iter().any(named), "{errors}");
    }
    assert_eq!(errors.len(), want.len() + 3, "{errors}");
}

#[test]
fn no_detector_of_the_crate_is_turned_off_in_silence() {
    let policy = Policy::builder("logs").dangerously_disable("email").build().unwrap();
    assert_eq!(Redactor::new(policy).redact("a@b.example"), "a@b.example");
}

#[test]
fn a_policy_can_be_replaced_while_it_is_in_use() {
    let policy = |secret: &str| {
        let secret = Secret::new(secret).unwrap();
        Policy::builder("logs").secret("KEY", &secret).build().unwrap()
    };
    let live = rempart_core::Live::new(policy("made-up-old"));
    let redactor = Redactor::new(live.clone());
    assert_eq!(redactor.redact("made-up-old made-up-new"), "[REDACTED:secret/KEY] made-up-new");
    live.store(policy("made-up-new"));
    assert_eq!(redactor.redact("made-up-old made-up-new"), "made-up-old [REDACTED:secret/KEY]");
}

#[test]
fn names_that_are_added_count_as_the_others_do() {
    let policy =
        Policy::builder("logs").key("Transcript").key_suffix("note").allow_key("foot-note");
    let redactor = Redactor::new(policy.build().unwrap());
    let text = r#"{"transcript":"Hello, I am Ann","my_note":"x","footNote":"y","id":7}"#;
    let want =
        r#"{"transcript":"[REDACTED:key]","my_note":"[REDACTED:key]","footNote":"y","id":7}"#;
    assert_eq!(redactor.redact(text), want);
    assert_eq!(redactor.value("transcript", "Hello"), "[REDACTED:key]");
    assert_eq!(redactor.value("other", "Hello ann@b.example"), "Hello [REDACTED:email]");
}
