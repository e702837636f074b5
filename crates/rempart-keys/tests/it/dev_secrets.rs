use std::fs;
use std::sync::Barrier;
use std::thread;

use rempart_keys::{
    ConfigError, ConfigErrors, FileFault, Kind, Loaded, Loader, Profile, Provenance, Schema,
    Variable,
};

use crate::folder::{Folder, mode};

fn schema() -> Schema {
    let text = |name| Variable::new(name, Kind::Text).required_in(Profile::Production);
    Schema::new([
        text("TOKEN_SECRET").generated_in_development(),
        Variable::new("TWILIO_TOKEN", Kind::TwilioToken).generated_in_development(),
        text("NOT_GENERATED"),
    ])
    .unwrap()
}

fn load(folder: &Folder, environment: &[(&str, &str)]) -> Result<Loaded, Vec<ConfigError>> {
    let schema = schema();
    let loader = Loader::new(&schema, Profile::Development)
        .environment(environment.iter().copied())
        .dev_secrets(folder.path("dev-secrets.env"));
    loader.load().map_err(|errors| errors.into_iter().collect())
}

fn value(loaded: &Loaded, name: &str) -> String {
    loaded.secret(name).unwrap().expose_text().unwrap().to_owned()
}

#[test]
fn values_are_generated_once_and_kept() {
    let folder = Folder::new();
    let first = load(&folder, &[]).unwrap();
    assert_eq!(first.generated_now(), ["TOKEN_SECRET", "TWILIO_TOKEN"]);
    assert_eq!(value(&first, "TOKEN_SECRET").len(), 64);
    assert_eq!(value(&first, "TWILIO_TOKEN").len(), 32);
    assert!(first.secret("NOT_GENERATED").is_none());

    let second = load(&folder, &[]).unwrap();
    assert_eq!(second.generated_now(), [""; 0]);
    for name in ["TOKEN_SECRET", "TWILIO_TOKEN"] {
        assert_eq!(value(&second, name), value(&first, name), "{name}");
    }
    assert!(second.entries().all(|entry| entry.from == Provenance::DevSecrets));
}

#[test]
fn two_folders_get_two_values() {
    let [first, second] = [Folder::new(), Folder::new()];
    let value = |folder| value(&load(folder, &[]).unwrap(), "TOKEN_SECRET");
    assert_ne!(value(&first), value(&second));
}

#[test]
fn what_is_given_is_not_generated_and_what_is_new_is_added() {
    let folder = Folder::new();
    let given = [("TOKEN_SECRET", "made-up-secret-of-32-bytes-or-so")];
    assert_eq!(load(&folder, &given).unwrap().generated_now(), ["TWILIO_TOKEN"]);
    let path = folder.path("dev-secrets.env");
    let before = fs::read_to_string(&path).unwrap();
    assert!(!before.contains("TOKEN_SECRET="));

    let loaded = load(&folder, &[]).unwrap();
    assert_eq!(loaded.generated_now(), ["TOKEN_SECRET"]);
    let after = fs::read_to_string(&path).unwrap();
    assert!(after.starts_with(&before) && after.contains("TOKEN_SECRET="));
    assert_eq!(folder.names(), ["dev-secrets.env"], "nothing else stays behind");
}

#[test]
fn a_file_without_a_line_break_at_its_end_is_continued_on_a_new_line() {
    let folder = Folder::new();
    folder.file("dev-secrets.env", "TWILIO_TOKEN=0123456789abcdef0123456789abcdef");
    let loaded = load(&folder, &[]).unwrap();
    assert_eq!(value(&loaded, "TWILIO_TOKEN"), "0123456789abcdef0123456789abcdef");
    assert_eq!(load(&folder, &[]).unwrap().generated_now(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    load(&folder, &[]).unwrap();
    let path = folder.path("dev-secrets.env");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    mode(&path, 0o640);
    let (provenance, fault) = (Provenance::DevSecrets, FileFault::OpenToOthers);
    let want = ConfigError::File { variable: None, provenance, fault };
    assert_eq!(load(&folder, &[]).unwrap_err(), [want]);
}

#[test]
fn nothing_is_generated_while_something_is_at_fault() {
    let folder = Folder::new();
    assert!(load(&folder, &[("NOT_GENERATED", "short")]).is_err());
    assert!(!folder.path("dev-secrets.env").exists());
}

#[test]
fn production_neither_reads_nor_writes_the_file() {
    let folder = Folder::new();
    let path = folder.file("dev-secrets.env", "TOKEN_SECRET=made-up-secret-of-32-bytes-or-so\n");
    let schema = schema();
    let production = || Loader::new(&schema, Profile::Production).dev_secrets(&path).load();
    assert_eq!(production().unwrap_err().len(), 2, "the required ones are missing");
    fs::remove_file(&path).unwrap();
    assert!(production().is_err());
    assert!(!path.exists());
}

#[test]
fn a_folder_that_is_not_there_is_a_fault() {
    let folder = Folder::new();
    let schema = schema();
    let path = folder.path("none/dev-secrets.env");
    let errors = Loader::new(&schema, Profile::Development).dev_secrets(path).load().unwrap_err();
    let want = "the generated secrets: entity not found";
    assert_eq!(errors.to_string(), want);
}

#[test]
fn a_damaged_file_is_a_fault_and_stays_as_it_is() {
    let folder = Folder::new();
    let path = folder.file("dev-secrets.env", "TOKEN_SECRET='made-up");
    let errors = load(&folder, &[]).unwrap_err();
    assert!(matches!(errors[0], ConfigError::Dotenv { line: 1, .. }), "{errors:?}");
    assert_eq!(fs::read_to_string(path).unwrap(), "TOKEN_SECRET='made-up");
}

/// Starts so many loads at the same moment, each again where the lock was held all the while.
fn at_once<T: Send>(
    count: usize,
    load: impl Fn(usize) -> Result<T, ConfigErrors> + Sync,
) -> Vec<T> {
    let barrier = Barrier::new(count);
    let patiently = |n| {
        barrier.wait();
        loop {
            match load(n) {
                Err(errors) if errors.iter().eq(&[LOCKED]) => {}
                loaded => return loaded.unwrap(),
            }
        }
    };
    thread::scope(|scope| {
        let patiently = &patiently;
        let threads: Vec<_> = (0..count).map(|n| scope.spawn(move || patiently(n))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

const LOCKED: ConfigError = ConfigError::File {
    variable: None,
    provenance: Provenance::DevSecrets,
    fault: FileFault::Locked,
};

#[test]
fn processes_that_start_at_once_agree() {
    for _ in 0..20 {
        let folder = Folder::new();
        let (path, schema) = (folder.path("dev-secrets.env"), schema());
        let loaded =
            at_once(4, |_| Loader::new(&schema, Profile::Development).dev_secrets(&path).load());
        let values: Vec<_> = loaded.iter().map(|one| value(one, "TOKEN_SECRET")).collect();
        assert!(values.iter().all(|value| *value == values[0]));
    }
}

#[test]
fn processes_that_add_to_one_file_at_once_lose_nothing() {
    const NAMES: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];
    for round in 0..10 {
        let folder = Folder::new();
        let path = folder.file("dev-secrets.env", "OLD=made-up-secret-of-32-bytes-or-so\n");
        let loaded = at_once(NAMES.len(), |n| {
            let one = Variable::new(NAMES[n], Kind::Text).generated_in_development();
            let schema = Schema::new([one])?;
            Loader::new(&schema, Profile::Development).dev_secrets(&path).load()
        });
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 1 + NAMES.len(), "{round}: {text}");
        assert_eq!(lines[0], "OLD=made-up-secret-of-32-bytes-or-so");
        for (name, loaded) in NAMES.iter().zip(&loaded) {
            let line = format!("{name}={}", value(loaded, name));
            assert!(lines.contains(&&*line), "{round}: {name} is not what was loaded");
        }
        assert_eq!(folder.names(), ["dev-secrets.env"], "nothing else stays behind");
    }
}

#[test]
fn a_lock_that_nobody_holds_is_told_and_kept() {
    let folder = Folder::new();
    let path = folder.file("dev-secrets.env.lock", "");
    assert_eq!(load(&folder, &[]).unwrap_err(), [LOCKED]);
    assert_eq!(
        LOCKED.to_string(),
        "the generated secrets: is being written by another process; if none is starting, remove \
         the file beside it whose name has `.lock` at its end"
    );
    assert_eq!(folder.names(), ["dev-secrets.env.lock"]);
    fs::remove_file(path).unwrap();
    load(&folder, &[]).unwrap();
    folder.file("dev-secrets.env.lock", "");
    assert!(load(&folder, &[]).is_ok(), "where nothing is missing, nothing is locked");
}

#[test]
fn what_will_be_generated_is_not_missing_and_what_will_not_is() {
    let folder = Folder::new();
    let variable = Variable::new("TOKEN_SECRET", Kind::Text)
        .required_in(Profile::Development)
        .generated_in_development();
    let schema = Schema::new([variable]).unwrap();
    let loader = || Loader::new(&schema, Profile::Development);
    assert!(loader().dev_secrets(folder.path("dev-secrets.env")).load().is_ok());
    let missing = ConfigError::Missing { variable: "TOKEN_SECRET", profile: Profile::Development };
    assert_eq!(loader().load().unwrap_err().into_iter().collect::<Vec<_>>(), [missing]);

    let optional = Variable::new("TOKEN_SECRET", Kind::Text).required_in(Profile::Development);
    let schema = Schema::new([optional]).unwrap();
    let loader = Loader::new(&schema, Profile::Development).dev_secrets(folder.path("other.env"));
    assert_eq!(loader.load().unwrap_err().into_iter().collect::<Vec<_>>(), [missing]);
}
