use std::fs;

use serde_json::Value;

use super::folder::Folder;

const GIVEN: &str = "made-up-key-that-was-given-to-tests";

#[test]
fn makes_a_pending_key_of_32_bytes_that_only_its_owner_reads() {
    let folder = Folder::new();
    let printed = folder.done(&["add", "webhook", "--id", "2026-q4"]);
    let path = folder.file("webhook", "2026-q4.key");
    let want = format!("webhook 2026-q4: pending, its bytes are in {}\n", path.display());
    assert_eq!(printed, want);
    let key = folder.key("webhook", "2026-q4");
    assert_eq!(key.len(), 64);
    assert!(key.bytes().all(|byte| byte.is_ascii_hexdigit()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path), 0o600);
        assert_eq!(mode(folder.path().join("webhook")), 0o700);
    }
    let other = folder.done(&["add", "webhook", "--id", "other", "--json"]);
    let other: Value = serde_json::from_str(&other).unwrap();
    let path = folder.file("webhook", "other.key");
    let want = serde_json::json!({
        "ring": "webhook", "key": "other", "state": "pending", "path": path.to_str().unwrap(),
    });
    assert_eq!(other, want);
    assert_ne!(folder.key("webhook", "other"), key, "each is drawn by itself");
}

#[test]
fn names_a_key_by_the_day_unless_the_name_is_taken() {
    let folder = Folder::new();
    let name = || {
        let added: Value =
            serde_json::from_str(&folder.done(&["add", "webhook", "--json"])).unwrap();
        added["key"].as_str().unwrap().to_owned()
    };
    let (before, first, second, third) = (super::folder::ago(0), name(), name(), name());
    // Unless the day ended in the middle of this test.
    if before[..10] == super::folder::ago(0)[..10] {
        assert_eq!(first, before[..10]);
        assert_eq!(second, format!("{first}.2"));
        assert_eq!(third, format!("{first}.3"));
    }
    let taken = folder.keys(&["add", "webhook", "--id", &first]);
    let want = format!("rempart: ring webhook: key `{first}`: the name is taken\n");
    assert_eq!((taken.code, taken.stderr), (2, want));
}

#[test]
fn takes_a_key_from_where_no_list_of_processes_shows_it() {
    let folder = Folder::new();
    let file = folder.path().with_file_name("given");
    let with_end = format!("{GIVEN}-in-a-file\r\n");
    fs::write(&file, &with_end).unwrap();
    let in_variable = format!("{GIVEN}-in-a-variable");
    let environment = [("GIVEN", in_variable.as_str())];
    let on_stdin = format!("{GIVEN}-on-stdin\n");
    for (id, source, want) in [
        ("stdin", vec!["--stdin"], on_stdin.trim_end()),
        ("variable", vec!["--secret-env", "GIVEN"], &in_variable),
        ("file", vec!["--secret-file", file.to_str().unwrap()], with_end.trim_end()),
    ] {
        let arguments = [vec!["add", "webhook", "--id", id], source].concat();
        let run = folder.keys_with(&arguments, &environment, on_stdin.as_bytes());
        assert_eq!((run.code, &*run.stderr), (0, ""), "{id}");
        assert_eq!(folder.key("webhook", id), want);
    }
}

#[test]
fn refuses_what_is_no_key_and_repeats_none_of_it() {
    let folder = Folder::new();
    folder.keys_with(&["add", "webhook", "--id", "first", "--stdin"], &[], GIVEN.as_bytes());
    for (arguments, input, want) in [
        (vec!["--stdin"], "", "--stdin: the secret is empty"),
        (vec!["--stdin"], "\n", "--stdin: the secret is empty"),
        (vec!["--stdin"], " made-up-canary", "--stdin: the secret begins or ends with a blank"),
        (vec!["--stdin"], "made-up-canary", "--stdin: the secret has 14 bytes, at least 32 are"),
        (vec!["--stdin"], GIVEN, "has the bytes of key `first`"),
        (vec!["--secret-env", "SHORT"], "", "--secret-env: the secret has 22 bytes, at least 32"),
        (vec!["--secret-env", "made-up-canary"], "", "--secret-env: takes the name of"),
        (vec!["--secret-env", "NONE"], "", "--secret-env: no such environment variable"),
        (vec!["--secret-file", "/made-up-canary"], "", "--secret-file: entity not found"),
        (vec!["--stdin", "--secret-env", "SHORT"], GIVEN, "cannot be used with"),
        (vec!["--id", "a name with blanks, made-up-canary"], "", "a key's name is 1 to 16"),
        (vec!["--id", "env"], "", "key `env`"),
        (vec!["made-up-canary"], "", "unexpected argument"),
    ] {
        let id = if arguments.contains(&"--id") { vec![] } else { vec!["--id", "second"] };
        let arguments = [vec!["add", "webhook"], id, arguments].concat();
        let environment = [("SHORT", "made-up-canary-of-this")];
        let run = folder.keys_with(&arguments, &environment, input.as_bytes());
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(want), "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.contains("canary"), "{arguments:?}: {}", run.stderr);
    }
    let long = "a".repeat(64 * 1024 + 1);
    let run = folder.keys_with(&["add", "webhook", "--stdin"], &[], long.as_bytes());
    assert!(run.stderr.contains("at most 65536 are taken"), "{}", run.stderr);
    for ring in ["Webhook", "", "../webhook", "made up", "webhook/"] {
        let run = folder.keys(&["add", ring]);
        let want = "rempart: a ring's name is 1 to 32 of a-z 0-9 -\n";
        assert_eq!((run.code, &*run.stderr), (2, want), "{ring}");
    }
    let run = folder.keys_with(
        &["add", "webhook", "--id", "short", "--stdin", "--dangerously-short"],
        &[],
        b"made-up-and-short",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_directory_that_cannot_be_written_is_named_and_nothing_is_added() {
    let folder = Folder::new();
    fs::write(folder.path(), "no directory").unwrap();
    let run = folder.keys(&["add", "webhook"]);
    assert_eq!((run.code, &*run.stdout), (2, ""));
    assert!(run.stderr.contains("the directory"), "{}", run.stderr);
}
