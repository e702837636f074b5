//! Secrets in files: what is read, what is refused, what is warned of.

use std::io::ErrorKind;

use rempart_keys::{ConfigError, FileFault, Profile, Provenance, Rule, Warning};

use crate::folder::{Folder, mode};
use crate::loader::{LONG, load};

#[test]
fn one_line_break_at_the_end_of_a_file_is_left_out() {
    let folder = Folder::new();
    let blank = |name: &'static str| {
        let rule = Rule::BlankPadded;
        let provenance = Provenance::EnvironmentFile;
        Err(vec![ConfigError::Value { variable: name, provenance, offset: None, rule }])
    };
    for (end, want) in [
        ("", Ok(())),
        ("\n", Ok(())),
        ("\r\n", Ok(())),
        ("\n\n", blank("SECRET")),
        ("\r", blank("SECRET")),
        (" \n", blank("SECRET")),
    ] {
        let file = folder.file("file", format!("{LONG}{end}"));
        let loaded =
            load(Profile::Production, &[("SECRET_FILE", file.to_str().unwrap())], |loader| loader);
        let got =
            loaded.map(|loaded| assert!(loaded.secret("SECRET").unwrap().ct_eq(LONG.as_bytes())));
        assert_eq!(got, want, "{end:?}");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_a_fault() {
    let folder = Folder::new();
    let limit = rempart_keys::Secret::MAX_LEN;
    let rows = [
        (folder.path("none"), Err(FileFault::Io(ErrorKind::NotFound))),
        (folder.path("."), Err(FileFault::NotAFile)),
        (std::path::PathBuf::from("/dev/zero"), Err(FileFault::NotAFile)),
        (folder.file("large", vec![b's'; limit + 1]), Err(FileFault::TooLarge)),
        (folder.file("largest", [&b"made-up"[..], &vec![b's'; limit - 7]].concat()), Ok(limit)),
    ];
    for (path, want) in rows {
        let environment = [("SECRET_FILE", path.to_str().unwrap())];
        let loaded = load(Profile::Production, &environment, |loader| loader);
        let got = loaded.map(|loaded| loaded.secret("SECRET").unwrap().len());
        let provenance = Provenance::EnvironmentFile;
        let want = want.map_err(|fault| {
            vec![ConfigError::File { variable: Some("SECRET"), provenance, fault }]
        });
        assert_eq!(got, want, "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let environment = [("SECRET_FILE", pipe.to_str().unwrap())];
    let errors = load(Profile::Production, &environment, |loader| loader).unwrap_err();
    let fault = FileFault::NotAFile;
    let provenance = Provenance::EnvironmentFile;
    assert_eq!(errors, [ConfigError::File { variable: Some("SECRET"), provenance, fault }]);
}

#[cfg(unix)]
#[test]
fn a_mounted_secret_is_read_through_its_links() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("..2026")).unwrap();
    folder.file("..2026/secret", LONG);
    std::os::unix::fs::symlink("..2026", folder.path("..data")).unwrap();
    std::os::unix::fs::symlink("..data/secret", folder.path("secret")).unwrap();
    let path = folder.path("secret");
    let environment = [("SECRET_FILE", path.to_str().unwrap())];
    assert!(load(Profile::Production, &environment, |loader| loader).is_ok());
}

#[test]
fn a_dotenv_file_may_be_missing_and_not_unreadable() {
    let folder = Folder::new();
    let secret = [("SECRET", LONG)];
    let dotenv = |path: &str| {
        load(Profile::Production, &secret, |loader| loader.dotenv(folder.path(path))).map(|_| ())
    };
    assert_eq!(dotenv("none"), Ok(()));
    let (provenance, fault) = (Provenance::Dotenv, FileFault::NotAFile);
    assert_eq!(dotenv("."), Err(vec![ConfigError::File { variable: None, provenance, fault }]));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_a_warning() {
    let folder = Folder::new();
    let file = folder.file("file", LONG);
    let dotenv = folder.file(".env", "UNKNOWN=1\n");
    mode(&file, 0o644);
    mode(&dotenv, 0o604);
    let environment = [("SECRET_FILE", file.to_str().unwrap())];
    let loaded = load(Profile::Production, &environment, |loader| loader.dotenv(&dotenv)).unwrap();
    let want = [
        Warning::OpenToOthers { variable: None, from: Provenance::Dotenv },
        Warning::OpenToOthers { variable: Some("SECRET"), from: Provenance::EnvironmentFile },
    ];
    assert_eq!(loaded.warnings(), want);
    let text: Vec<_> = loaded.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "the .env file: is open to others than its owner",
            "SECRET: the file named in the environment: is open to others than its owner",
        ],
    );
}

/// What the kernel makes up as it is read says that it has no bytes.
#[cfg(target_os = "linux")]
#[test]
fn a_file_of_no_stated_length_is_read_to_its_end() {
    let version = std::fs::read_to_string("/proc/version").unwrap();
    let environment = [("SECRET_FILE", "/proc/version")];
    let loaded = load(Profile::Production, &environment, |loader| loader).unwrap();
    assert!(loaded.secret("SECRET").unwrap().ct_eq(version.trim_end().as_bytes()));
}

/// Nothing is mapped at the first address.
#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_reading_fails_is_a_fault() {
    let environment = [("SECRET_FILE", "/proc/self/mem")];
    let errors = load(Profile::Production, &environment, |loader| loader).unwrap_err();
    assert!(
        matches!(errors[..], [ConfigError::File { fault: FileFault::Io(_), .. }]),
        "{errors:?}"
    );
}
