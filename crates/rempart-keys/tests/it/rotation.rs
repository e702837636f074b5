//! How old a value is, where that is known, and when it is to be changed.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use rempart_keys::{
    Kind, LoadedEntry, Loader, Profile, Provenance, Rotation, Schema, Variable, Warning,
};

use crate::folder::Folder;
use crate::loader::LONG;

const SECRET: Variable = Variable::new("SECRET", Kind::Text).rotated_every(Variable::QUARTERLY);
const DAY: Duration = Duration::from_secs(86_400);
/// When the files were written.
const WRITTEN: Duration = Duration::from_secs(1_790_000_000);

fn write_at(path: &Path, time: Duration) {
    File::options().write(true).open(path).unwrap().set_modified(UNIX_EPOCH + time).unwrap();
}

/// The file of a secret, and a `.env` file, both written at [`WRITTEN`].
fn files(folder: &Folder) -> [std::path::PathBuf; 2] {
    let files = [folder.file("file", LONG), folder.file(".env", format!("SECRET={LONG}\n"))];
    for path in &files {
        write_at(path, WRITTEN);
    }
    files
}

fn load(
    variable: Variable,
    now: Duration,
    change: impl FnOnce(Loader<'_>) -> Loader<'_>,
) -> (LoadedEntry, Vec<Warning>) {
    let schema = Schema::new([variable]).unwrap();
    let loaded = change(Loader::new(&schema, Profile::Development).now(now)).load().unwrap();
    let entry = loaded.entries().next().unwrap();
    (entry, loaded.warnings().to_vec())
}

#[test]
fn a_value_in_a_file_is_as_old_as_the_file() {
    let folder = Folder::new();
    let [file, dotenv] = files(&folder);
    let named = folder.file("named.env", format!("SECRET_FILE={}\n", file.display()));
    let now = WRITTEN + 10 * DAY;
    let period = Variable::QUARTERLY;
    let rows: [(Provenance, (LoadedEntry, _), Option<Duration>); 5] = [
        (
            Provenance::EnvironmentFile,
            load(SECRET, now, |loader| loader.environment([("SECRET_FILE", &file)])),
            Some(10 * DAY),
        ),
        (Provenance::Dotenv, load(SECRET, now, |loader| loader.dotenv(&dotenv)), Some(10 * DAY)),
        (Provenance::DotenvFile, load(SECRET, now, |loader| loader.dotenv(&named)), Some(10 * DAY)),
        (
            Provenance::Environment,
            load(SECRET, now, |loader| loader.environment([("SECRET", LONG)])),
            None,
        ),
        (
            Provenance::DevSecrets,
            load(SECRET.generated_in_development(), now, |loader| loader.dev_secrets(&dotenv)),
            None,
        ),
    ];
    for (from, (entry, warnings), age) in rows {
        assert_eq!(entry.from, from);
        assert_eq!(entry.changed, age.map(|_| WRITTEN), "{from}");
        assert_eq!(entry.age_at(now), age, "{from}");
        let rotation = match age {
            Some(age) => Rotation::Fresh { age, period },
            None => Rotation::Unknown { period },
        };
        assert_eq!(entry.rotation_at(now), rotation, "{from}");
        assert_eq!(warnings, [], "{from}");
    }
}

#[test]
fn a_value_is_due_at_75_days_of_90_and_overdue_after_them() {
    let folder = Folder::new();
    let [file, _] = files(&folder);
    let (variable, from, period) = ("SECRET", Provenance::EnvironmentFile, Variable::QUARTERLY);
    let second = Duration::from_secs(1);
    let rows = [
        (Duration::ZERO, 0),
        (74 * DAY + DAY.saturating_sub(second), 0),
        (75 * DAY, 1),
        (90 * DAY, 1),
        (90 * DAY + second, 2),
        (97 * DAY, 2),
    ];
    for (age, want) in rows {
        let now = WRITTEN + age;
        let (entry, warnings) =
            load(SECRET, now, |loader| loader.environment([("SECRET_FILE", &file)]));
        let (rotation, want) = match want {
            0 => (Rotation::Fresh { age, period }, None),
            1 => (
                Rotation::Due { age, period },
                Some(Warning::DueForRotation { variable, from, age, period }),
            ),
            _ => (
                Rotation::Overdue { age, period },
                Some(Warning::OverdueForRotation { variable, from, age, period }),
            ),
        };
        assert_eq!(entry.rotation_at(now), rotation, "{age:?}");
        assert_eq!(warnings, Vec::from_iter(want), "{age:?}");
    }
}

#[test]
fn what_nobody_asks_to_be_changed_is_never_due() {
    let folder = Folder::new();
    let [file, _] = files(&folder);
    let now = WRITTEN + 10_000 * DAY;
    let variable = Variable::new("SECRET", Kind::Text);
    let (entry, warnings) =
        load(variable, now, |loader| loader.environment([("SECRET_FILE", &file)]));
    assert_eq!((entry.rotated_every, entry.rotation_at(now)), (None, Rotation::NotAsked));
    assert_eq!(entry.age_at(now), Some(10_000 * DAY));
    assert_eq!(warnings, []);
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_old() {
    let folder = Folder::new();
    let [file, _] = files(&folder);
    let now = WRITTEN.saturating_sub(10 * DAY);
    let (entry, warnings) =
        load(SECRET, now, |loader| loader.environment([("SECRET_FILE", &file)]));
    assert_eq!(entry.age_at(now), Some(Duration::ZERO));
    assert_eq!(warnings, []);
}

#[test]
fn a_period_may_be_of_any_length() {
    let folder = Folder::new();
    let [file, _] = files(&folder);
    for (period, age, want) in [
        (Duration::MAX, 10 * DAY, 0),
        (Duration::from_nanos(1), Duration::ZERO, 0),
        (Duration::from_nanos(1), Duration::from_nanos(1), 1),
        (DAY, 2 * DAY, 1),
        (6 * DAY, 5 * DAY, 1),
        (6 * DAY, 4 * DAY + DAY.saturating_sub(Duration::from_nanos(1)), 0),
    ] {
        let variable = Variable::new("SECRET", Kind::Text).rotated_every(period);
        let (_, warnings) =
            load(variable, WRITTEN + age, |loader| loader.environment([("SECRET_FILE", &file)]));
        assert_eq!(warnings.len(), want, "{age:?} of {period:?}");
    }
}

#[test]
fn the_clock_of_the_system_is_asked_where_no_time_is_given() {
    let folder = Folder::new();
    let [file, _] = files(&folder);
    write_at(&file, Duration::from_secs(1));
    let schema = Schema::new([SECRET]).unwrap();
    let loader = Loader::new(&schema, Profile::Production).environment([("SECRET_FILE", &file)]);
    let warnings = loader.load().unwrap().warnings().to_vec();
    assert!(matches!(warnings[..], [Warning::OverdueForRotation { .. }]), "{warnings:?}");
}

#[test]
fn ages_are_told_in_days() {
    let (variable, from, period) = ("SECRET", Provenance::EnvironmentFile, Variable::QUARTERLY);
    for (warning, want) in [
        (
            Warning::DueForRotation { variable, from, age: 75 * DAY, period },
            "SECRET: the file named in the environment: is 75 days old, and due to be changed at 90 days",
        ),
        (
            Warning::OverdueForRotation { variable, from, age: 97 * DAY, period },
            "SECRET: the file named in the environment: is 97 days old, and was to be changed at 90 days",
        ),
        (
            Warning::OverdueForRotation { variable, from, age: 2 * DAY, period: DAY },
            "SECRET: the file named in the environment: is 2 days old, and was to be changed at 1 day",
        ),
    ] {
        assert_eq!(warning.to_string(), want);
    }
}
