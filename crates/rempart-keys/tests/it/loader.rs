use std::io::ErrorKind;

use rempart_keys::{
    ConfigError, FileFault, Kind, Loaded, Loader, Profile, Provenance, Rule, Schema, Variable,
};

use crate::folder::Folder;

const SECRET: Variable = Variable::new("SECRET", Kind::Text).required_in(Profile::Production);
const OTHER: Variable = Variable::new("OTHER", Kind::Text);
const URL: Variable =
    Variable::new("URL", Kind::HTTPS).browser_ok().default_value("https://default.example");
pub(crate) const LONG: &str = "made-up-secret-of-32-bytes-or-so";

fn schema() -> Schema {
    Schema::new([SECRET, OTHER, URL]).unwrap()
}

pub(crate) fn load(
    profile: Profile,
    environment: &[(&str, &str)],
    change: impl FnOnce(Loader<'_>) -> Loader<'_>,
) -> Result<Loaded, Vec<ConfigError>> {
    let schema = schema();
    let environment = environment.iter().copied();
    let loader = change(Loader::new(&schema, profile).environment(environment));
    loader.load().map_err(|errors| errors.into_iter().collect())
}

fn from(loaded: &Loaded, name: &str) -> Option<Provenance> {
    loaded.entries().find(|entry| entry.name == name).map(|entry| entry.from)
}

#[test]
fn the_first_source_with_a_value_wins() {
    let folder = Folder::new();
    let text = |name: &str| format!("made-up-secret-from-{name}-0123456789");
    let path = |name: &str| folder.file(name, text(name)).to_str().unwrap().to_owned();
    let file = path("file");
    let dotenv_both =
        folder.file("both.env", format!("SECRET={}\nURL=https://b.example\n", text("dotenv")));
    let dotenv_file = folder.file("file.env", format!("SECRET_FILE={}\n", path("named")));
    let dev = folder.file("dev.env", format!("SECRET={}\n", text("dev")));
    let environment = text("environment");

    #[rustfmt::skip]
    let rows = [
        ("environment", vec![("SECRET", environment.as_str())], &dotenv_both, Provenance::Environment),
        ("file",        vec![("SECRET_FILE", file.as_str())],   &dotenv_both, Provenance::EnvironmentFile),
        ("dotenv",      vec![],                                 &dotenv_both, Provenance::Dotenv),
        ("named",       vec![],                                 &dotenv_file, Provenance::DotenvFile),
        ("dev",         vec![],                                 &folder.path("none"), Provenance::DevSecrets),
    ];
    for (source, environment, dotenv, want) in rows {
        let loaded = load(Profile::Development, &environment, |loader| {
            loader.dotenv(dotenv).dev_secrets(&dev)
        });
        let loaded = loaded.unwrap();
        assert_eq!(
            loaded.secret("SECRET").unwrap().expose_text(),
            Some(&*text(source)),
            "{source}"
        );
        assert_eq!(from(&loaded, "SECRET"), Some(want), "{source}");
    }
}

#[test]
fn a_default_comes_last() {
    let loaded = load(Profile::Development, &[], |loader| loader).unwrap();
    assert_eq!(loaded.text("URL"), Some("https://default.example"));
    assert_eq!(from(&loaded, "URL"), Some(Provenance::Default));
    let given = [("URL", "https://given.example")];
    let loaded = load(Profile::Development, &given, |loader| loader).unwrap();
    assert_eq!(loaded.text("URL"), Some("https://given.example"));
}

#[test]
fn both_forms_in_one_place_are_a_fault_whatever_they_hold() {
    let folder = Folder::new();
    let file = folder.file("file", LONG);
    let file = file.to_str().unwrap();
    let both = |provenance| vec![ConfigError::Both { variable: "SECRET", provenance }];
    for environment in [
        [("SECRET", LONG), ("SECRET_FILE", file)],
        [("SECRET_FILE", file), ("SECRET", LONG)],
        [("SECRET", ""), ("SECRET_FILE", "/none")],
    ] {
        let errors = load(Profile::Production, &environment, |loader| loader).unwrap_err();
        assert_eq!(errors, both(Provenance::Environment));
    }
    let dotenv = folder.file(".env", format!("SECRET={LONG}\nSECRET_FILE={file}\n"));
    let errors = load(Profile::Production, &[], |loader| loader.dotenv(&dotenv)).unwrap_err();
    assert_eq!(errors, both(Provenance::Dotenv));

    let twice = [("SECRET", LONG), ("SECRET", LONG)];
    let errors = load(Profile::Production, &twice, |loader| loader).unwrap_err();
    let provenance = Provenance::Environment;
    assert_eq!(errors, [ConfigError::Duplicate { variable: "SECRET", provenance }]);
}

#[test]
fn a_value_breaks_the_first_of_these_rules() {
    let value = |offset, rule| {
        let provenance = Provenance::Environment;
        Err(vec![ConfigError::Value { variable: "SECRET", provenance, offset, rule }])
    };
    let long = "s".repeat(rempart_keys::Secret::MAX_LEN + 1);
    let rows = [
        (LONG, Ok(())),
        ("12345678901234567890123456789012", Ok(())),
        ("[made-up-secret-that-looks-a-list]", Ok(())),
        ("$2b$12$made.up.hash.of.nothing.at.all", Ok(())),
        ("", value(None, Rule::Empty)),
        (" made-up-secret-of-32-bytes-or-so", value(None, Rule::BlankPadded)),
        ("made-up-secret-of-32-bytes-or-so\u{a0}", value(None, Rule::BlankPadded)),
        ("\u{feff}made-up-secret-of-32-bytes-or-so", value(None, Rule::BlankPadded)),
        ("made-up-secret-of-32-bytes-or-so\u{200b}", value(None, Rule::BlankPadded)),
        ("made-up-secret-\nof-32-bytes-or-so", value(Some(15), Rule::ControlCharacter)),
        ("made-up-secret-\u{85}of-32-bytes-or-so", value(Some(15), Rule::ControlCharacter)),
        ("your_webhook_secret", value(None, Rule::Placeholder)),
        (&long, value(None, Rule::TooLong)),
    ];
    for (text, want) in rows {
        let got = load(Profile::Production, &[("SECRET", text)], |loader| loader).map(|_| ());
        assert_eq!(got, want, "{}", &text[..text.len().min(40)]);
    }
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_refused_by_offset() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;

    let schema = schema();
    let value = OsStr::from_bytes(b"made-up-\xff-secret").to_owned();
    let strange = OsStr::from_bytes(b"SECRET\xff").to_owned();
    let environment = [(OsString::from("SECRET"), value), (strange, OsString::from("x"))];
    let loader = Loader::new(&schema, Profile::Production).environment(environment);
    let errors: Vec<_> = loader.load().unwrap_err().into_iter().collect();
    let (offset, rule) = (Some(8), Rule::NotUtf8);
    let provenance = Provenance::Environment;
    assert_eq!(errors, [ConfigError::Value { variable: "SECRET", provenance, offset, rule }]);
}

/// A secret's length in each profile, with the ways to say otherwise.
#[test]
fn a_short_secret_stops_production_and_warns_in_development() {
    let (production, development) = (Profile::Production, Profile::Development);
    let refused = |length, minimum| Err((length, minimum));
    let browser = Variable::new("A", Kind::Text).browser_ok();
    let text = Variable::new("A", Kind::Text);
    #[rustfmt::skip]
    let rows = [
        (text,                     production,  32, Ok(0)),
        (text,                     production,  31, refused(31, 32)),
        (text,                     development, 32, Ok(0)),
        (text,                     development, 31, Ok(1)),
        (text,                     development, 16, Ok(1)),
        (text,                     development, 15, refused(15, 16)),
        (text.min_bytes(40),       production,  39, refused(39, 40)),
        (text.min_bytes(40),       production,  40, Ok(0)),
        (text.min_bytes(40),       development, 39, Ok(1)),
        (text.dangerously_short(), production,  2,  Ok(0)),
        (text.dangerously_short(), development, 2,  Ok(0)),
        (browser,                  production,  2,  Ok(0)),
        (browser.min_bytes(3),     production,  2,  refused(2, 3)),
        (browser.min_bytes(3),     development, 2,  refused(2, 3)),
    ];
    for (variable, profile, length, want) in rows {
        let schema = Schema::new([variable]).unwrap();
        let value = "made-up-".repeat(8).chars().skip(1).take(length).collect::<String>();
        let loaded = Loader::new(&schema, profile).environment([("A", value)]).load();
        let got = match loaded {
            Ok(loaded) => Ok(loaded.warnings().len()),
            Err(errors) => match errors.into_iter().next() {
                Some(ConfigError::TooShort { length, minimum, .. }) => Err((length, minimum)),
                other => panic!("{other:?}"),
            },
        };
        assert_eq!(got, want, "{variable:?} in {profile}, {length} bytes");
    }
}

#[test]
fn a_missing_variable_is_a_fault_where_it_is_required() {
    assert!(load(Profile::Development, &[], |loader| loader).is_ok());
    let errors = load(Profile::Production, &[], |loader| loader).unwrap_err();
    let profile = Profile::Production;
    assert_eq!(errors, [ConfigError::Missing { variable: "SECRET", profile }]);

    let loaded = load(Profile::Development, &[], |loader| loader).unwrap();
    let missing = loaded.required("SECRET").unwrap_err();
    assert_eq!(missing.to_string(), "SECRET: is missing, and needed in development");
}

#[test]
fn every_fault_of_every_source_comes_at_once() {
    let folder = Folder::new();
    let dotenv = folder.file(".env", "OTHER='made-up\nSECRET_FILE=/none\n");
    let environment = [("URL", "http://app.example"), ("OTHER", "short")];
    let errors = load(Profile::Production, &environment, |loader| loader.dotenv(&dotenv));
    let text: Vec<_> = errors.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "the .env file: line 1, byte 6: the quotation mark is not closed on this line",
            "SECRET: is missing, and needed in production",
            "OTHER: the environment: has 5 bytes, at least 32 are needed",
            "URL: the environment: is not a URL of `https` (byte 0)",
        ],
    );
}

#[test]
fn only_what_a_browser_may_see_can_be_read_as_text() {
    let environment = [("SECRET", LONG), ("URL", "https://app.example")];
    let loaded = load(Profile::Production, &environment, |loader| loader).unwrap();
    assert_eq!(loaded.text("URL"), Some("https://app.example"));
    assert_eq!(loaded.text("SECRET"), None);
    assert_eq!(loaded.text("NEVER"), None);
    let server_only: Vec<_> = loaded.server_only().map(|(name, _)| name).collect();
    assert_eq!(server_only, ["SECRET"]);
}

#[test]
fn what_was_loaded_shows_names_and_no_values() {
    let environment = [("SECRET", LONG), ("URL", "https://app.example")];
    let loaded = load(Profile::Production, &environment, |loader| loader).unwrap();
    let shown = format!("{loaded:?}");
    let fingerprint = loaded.secret("SECRET").unwrap().fingerprint().to_string();
    for part in ["SECRET", "URL", "Environment", "Production", &fingerprint] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(!shown.contains(LONG) && !shown.contains("app.example"), "{shown}");
}

#[test]
fn entries_come_in_the_order_of_the_schema() {
    let environment = [
        ("URL", "https://app.example"),
        ("OTHER", LONG),
        ("SECRET", "made-up-secret-of-32-bytes-and-on"),
    ];
    let loaded = load(Profile::Production, &environment, |loader| loader).unwrap();
    let names: Vec<_> = loaded.entries().map(|entry| entry.name).collect();
    assert_eq!(names, ["SECRET", "OTHER", "URL"]);
}

#[test]
fn each_fault_says_what_where_and_which_rule() {
    let (variable, provenance) = ("SECRET", Provenance::Environment);
    let (from_file, profile) = (Provenance::EnvironmentFile, Profile::Production);
    let value = |offset, rule| ConfigError::Value { variable, provenance, offset, rule };
    let file = |variable, fault| ConfigError::File { variable, provenance: from_file, fault };
    let dotenv_fault = rempart_keys::dotenv::DotenvFault::Unclosed;
    let dotenv =
        |provenance| ConfigError::Dotenv { provenance, line: 3, offset: 40, fault: dotenv_fault };
    #[rustfmt::skip]
    let rows = [
        (ConfigError::Both { variable, provenance }, "SECRET: the environment: SECRET_FILE is set as well"),
        (ConfigError::Duplicate { variable, provenance }, "SECRET: the environment: is set twice"),
        (ConfigError::Missing { variable, profile }, "SECRET: is missing, and needed in production"),
        (ConfigError::NoRandomness { variable }, "SECRET: no randomness to generate it from"),
        (ConfigError::Schema { variable, fault: rempart_keys::SchemaFault::DuplicateName }, "SECRET: the schema is at fault: the name is taken"),
        (ConfigError::TooShort { variable, provenance, length: 5, minimum: 32 }, "SECRET: the environment: has 5 bytes, at least 32 are needed"),
        (value(None, Rule::Placeholder), "SECRET: the environment: looks like the placeholder of a documentation"),
        (value(Some(7), Rule::Kind(Kind::Uuid)), "SECRET: the environment: is not a UUID (byte 7)"),
        (file(Some("SECRET"), FileFault::NotAFile), "SECRET: the file named in the environment: is not a regular file"),
        (file(None, FileFault::Io(ErrorKind::PermissionDenied)), "the file named in the environment: permission denied"),
        (dotenv(Provenance::Dotenv), "the .env file: line 3, byte 40: the quotation mark is not closed on this line"),
        (dotenv(Provenance::DevSecrets), "the generated secrets: line 3, byte 40: the quotation mark is not closed on this line"),
    ];
    for (error, want) in rows {
        assert_eq!(error.to_string(), want);
    }
}
