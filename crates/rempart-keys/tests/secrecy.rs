//! No secret is shown, whichever way it goes wrong: 10,000 random ones through every error, every
//! `Debug` and `Display`, through panics and through events.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::cell::RefCell;
use std::fmt::Debug;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rempart_keys::{
    ConfigErrors, Key, KeyId, KeyRing, Kind, Loaded, Loader, Profile, Schema, Secret, SupabaseRole,
    VapiScope, Variable, dotenv,
};
use rempart_testing::{Capture, canary};

const KINDS: [Kind; 14] = [
    Kind::AnyOf(&[Kind::Uuid, Kind::Hex]),
    Kind::E164,
    Kind::HTTPS,
    Kind::Hex,
    Kind::Jwt,
    Kind::Origin,
    Kind::Prefix("vapi_sk_"),
    Kind::SupabaseKey(SupabaseRole::Anon),
    Kind::SupabaseKey(SupabaseRole::ServiceRole),
    Kind::Text,
    Kind::TwilioSid,
    Kind::TwilioToken,
    Kind::Uuid,
    Kind::VapiKey(VapiScope::Private),
];

/// A random text that no message holds by chance.
fn secret_text() -> impl Strategy<Value = String> {
    "[!-~]{12,48}"
}

/// What a value looks like around the secret that it is made of.
fn value_of(secret: &str, form: u8) -> String {
    let token = |payload: String| {
        format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", URL_SAFE_NO_PAD.encode(payload), "bWFkZS11cA")
    };
    let escaped = secret.replace('\\', "\\\\").replace('"', "\\\"");
    match form {
        0 => format!("sb_secret_{secret}"),
        1 => format!("vapi_pk_{secret}"),
        2 => token(format!(r#"{{"role":"service_role","jti":"{escaped}"}}"#)),
        3 => token(format!(r#"{{"{escaped}":1,"token":{{"tag":"private"}}}}"#)),
        4 => token(format!(r#"{{"role":"{escaped}"}}"#)),
        5 => format!("https://{secret}"),
        6 => format!(" {secret}"),
        7 => format!("{secret}\n{secret}"),
        _ => secret.to_owned(),
    }
}

/// The files of this run.
struct Files {
    dotenv: PathBuf,
    value: PathBuf,
}

impl Files {
    fn write(dotenv: &str, value: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("secrecy");
        fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, content: &str| {
            let path = folder.join(format!("{name}-{}", std::process::id()));
            // A file that is cut off and written again is brought to the disk by some systems.
            let _ = fs::remove_file(&path);
            fs::write(&path, content).unwrap();
            path
        };
        Self { dotenv: file("dotenv", dotenv), value: file("value", value) }
    }
}

/// Everything that may be said of one way of loading.
fn say(said: &mut Vec<String>, loaded: &Result<Loaded, ConfigErrors>) {
    match loaded {
        Ok(loaded) => {
            said.push(shown(loaded));
            for entry in loaded.entries() {
                said.push(shown(&entry));
                said.push(shown(&entry.rotation_at(Duration::MAX)));
            }
            for warning in loaded.warnings() {
                said.push(shown(warning));
                said.push(warning.to_string());
            }
            said.push(loaded.required("NEVER").unwrap_err().to_string());
            tracing::warn!(?loaded, warnings = ?loaded.warnings(), "loaded");
        }
        Err(errors) => {
            said.push(shown(errors));
            said.push(errors.to_string());
            tracing::error!(%errors, ?errors, error = errors as &dyn std::error::Error, "refused");
        }
    }
    // What a program says that takes for granted what it should not.
    said.push(panicking(|| assert!(loaded.as_ref().unwrap().warnings().len() > 64)));
    said.push(panicking(|| assert!(loaded.as_ref().unwrap_err().len() > 64)));
}

fn loading(value: &str, kind: Kind, profile: Profile, dotenv: &str) -> String {
    let files = Files::write(dotenv, value);
    let schema = Schema::new([
        Variable::new("A", kind).rotated_every(Duration::from_nanos(1)),
        Variable::new("B", Kind::Text).rotated_every(Duration::from_nanos(1)),
        Variable::new("C", Kind::Text).browser_ok(),
    ])
    .unwrap();
    let file = files.value.to_str().unwrap();
    let environments: [&[(&str, &str)]; 7] = [
        &[("A", value)],
        &[("A_FILE", value)],
        &[("A", value), ("A_FILE", value)],
        &[("B", value), ("B", value)],
        &[("B", value), ("C", value)],
        &[("A_FILE", file), ("B_FILE", file)],
        &[],
    ];
    let mut said = Vec::new();
    for environment in environments {
        let loader = || Loader::new(&schema, profile).environment(environment.iter().copied());
        let sources = loader().dotenv(&files.dotenv);
        said.push(shown(&sources));
        say(&mut said, &sources.load());
    }
    let damaged = Loader::new(&schema, profile).dev_secrets(&files.dotenv);
    say(&mut said, &damaged.load());
    match dotenv::parse(dotenv.as_bytes()) {
        Ok(entries) => said.push(shown(&entries)),
        Err(errors) => said.extend([shown(&errors), errors.to_string()]),
    }
    said.concat()
}

/// The same of a secret by itself, and of what is made of it.
fn holding(value: &str) -> String {
    let secret = Secret::new(value).unwrap();
    let key = Key::new(KeyId::new("k").unwrap(), secret.clone());
    let ring = KeyRing::single(KeyId::new("r").unwrap(), secret.clone());
    let twin = ring.add(key.clone()).unwrap_err();
    let revoked = ring.revoke_all();
    let short = secret.clone().at_least(64).unwrap_err();
    let padded = Secret::new(format!("{value} ")).unwrap_err();
    let entries: Vec<_> = ring.entries().chain(revoked.entries()).collect();
    tracing::warn!(?secret, ?key, ?ring, ?revoked, %twin, %short, %padded, "kept");
    [
        shown(&secret),
        shown(&key),
        shown(&ring),
        shown(&revoked),
        shown(&entries),
        shown(&twin),
        twin.to_string(),
        shown(&short),
        short.to_string(),
        shown(&padded),
        padded.to_string(),
        panicking(|| assert_eq!(secret.len(), 0, "{secret:?} {key:?} {ring:?}")),
    ]
    .concat()
}

/// Shows a value in every way that a program or a test might.
fn shown(value: &(impl Debug + ?Sized)) -> String {
    format!("{value:?} {value:#?}")
}

thread_local! {
    static PANICS: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What the panic says, if `run` panics.
fn panicking(run: impl FnOnce()) -> String {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let heard = PANICS.with_borrow_mut(|said| {
                said.as_mut().map(|said| said.push_str(&panic.to_string())).is_some()
            });
            if !heard {
                before(panic);
            }
        }));
    });
    PANICS.set(Some(String::new()));
    let _ = panic::catch_unwind(AssertUnwindSafe(run));
    PANICS.take().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_error_no_debug_no_panic_and_no_event_shows_a_byte_of_a_secret(
        secret in secret_text(),
        form in 0_u8..16,
        kind in prop::sample::select(KINDS.to_vec()),
        production in any::<bool>(),
        line in prop::sample::select(vec![
            "A=", "A='", "A=\"", "A= ", "A =", "", "A=b ", "A_FILE=", "A=\"\\x",
        ]),
    ) {
        let profile = if production { Profile::Production } else { Profile::Development };
        let value = value_of(&secret, form);
        let events = Capture::default();
        let said = events.within(|| {
            let dotenv = format!("{line}{value}\n{line}{value}\n");
            [loading(&value, kind, profile, &dotenv), holding(&secret)].concat()
        });
        prop_assert!(events.text().contains("kept") && said.contains("panicked"));
        for output in [said, events.text()] {
            prop_assert_eq!(canary::found(output.as_bytes(), secret.as_bytes()), None);
        }
    }
}

#[test]
fn the_scan_finds_a_planted_leak() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "what `Debug` reads counts for nothing")]
    struct Leaky {
        secret: Vec<u8>,
    }
    let secret = "made-up-planted-leak";
    let leaky = Leaky { secret: secret.into() };
    let events = Capture::default();
    events.within(|| tracing::error!(?leaky, "planted"));
    let refused = "".parse::<u8>().map_err(|error| format!("{secret}: {error}"));
    let token = value_of(secret, 2);
    for (way, output) in [
        ("Debug", shown(&leaky)),
        ("Display", refused.clone().unwrap_err()),
        ("a panic", panicking(|| assert_eq!(refused.unwrap(), 0))),
        ("an event", events.text()),
        ("inside a token", format!("is no key: {token}")),
    ] {
        assert!(canary::found(output.as_bytes(), secret.as_bytes()).is_some(), "{way}: {output}");
    }
}
