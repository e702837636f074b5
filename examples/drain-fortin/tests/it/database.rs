//! What happens to the data when the database is not as it should be.

use std::fs;
use std::path::Path;

use drain_fortin::{Log, serve_without};
use http::Request;
use serde_json::json;

use crate::house::{House, config};

async fn refusal(folder: &Path) -> String {
    let config = config(folder);
    let log = Log::to(&config, std::io::sink).unwrap();
    serve_without(config, None, log).await.unwrap_err().to_string()
}

#[tokio::test]
async fn refuses_a_file_that_is_no_database_and_leaves_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drain-fortin.db");
    let content = "This is a letter to my aunt, and no database.".repeat(100);
    fs::write(&path, &content).unwrap();
    let why = refusal(folder.path()).await;
    assert!(why.contains("drain-fortin.db") && why.contains("is not a database"), "{why}");
    assert_eq!(fs::read_to_string(&path).unwrap(), content);
}

#[tokio::test]
async fn refuses_the_database_of_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drain-fortin.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE recipe (name TEXT)").unwrap();
    drop(other);
    let why = refusal(folder.path()).await;
    assert!(why.contains("another program"), "{why}");
}

#[tokio::test]
async fn refuses_to_start_on_a_database_that_is_locked() {
    let folder = House::open().await.close().await;
    let other = rusqlite::Connection::open(folder.path().join("drain-fortin.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let why = refusal(folder.path()).await;
    assert!(why.contains("is locked by another program"), "{why}");
}

#[tokio::test]
async fn refuses_to_start_when_only_the_log_of_a_database_is_left() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("drain-fortin.db-wal"), "what was written last").unwrap();
    let why = refusal(folder.path()).await;
    assert!(why.contains("is missing"), "{why}");
    assert!(folder.path().join("drain-fortin.db-wal").exists());
}

#[tokio::test]
async fn answers_503_while_another_program_holds_the_lock_and_recovers() {
    let house = House::open().await;
    let report = json!({ "message": { "type": "end-of-call-report", "call": { "id": "late" } } });
    let other = rusqlite::Connection::open(house.folder.path().join("drain-fortin.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = house.vapi(&report).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(house.vapi(&report).await.status(), 200);
    house.close().await;
}

#[tokio::test]
async fn acknowledges_nothing_once_the_file_is_gone() {
    let house = House::open().await;
    let report = |id| json!({ "message": { "type": "end-of-call-report", "call": { "id": id } } });
    assert_eq!(house.vapi(&report("before")).await.status(), 200);
    let path = house.folder.path().join("drain-fortin.db");
    let aside = house.folder.path().join("aside.db");
    fs::rename(&path, &aside).unwrap();
    assert_eq!(house.vapi(&report("while")).await.status(), 503);
    // A copy in its place is another file: what is written to the one would not be in the other.
    fs::copy(&aside, &path).unwrap();
    assert_eq!(house.vapi(&report("replaced")).await.status(), 503);
    fs::remove_file(&path).unwrap();
    let health = house.send(Request::get("/healthz").body(String::new()).unwrap()).await;
    assert_eq!(health.status(), 503);
    fs::rename(&aside, &path).unwrap();
    assert_eq!(house.vapi(&report("after")).await.status(), 200);
    let token = house.token().await;
    let listed = house.list("/api/calls", &token).await;
    let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|call| &call["id"]).collect();
    assert_eq!(ids, ["after", "before"]);
    house.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn acknowledges_nothing_once_the_log_beside_the_file_is_gone() {
    let house = House::open().await;
    let report = |id| json!({ "message": { "type": "end-of-call-report", "call": { "id": id } } });
    let log = house.folder.path().join("drain-fortin.db-wal");
    let aside = house.folder.path().join("aside.db-wal");
    assert_eq!(house.vapi(&report("before")).await.status(), 200);
    fs::rename(&log, &aside).unwrap();
    assert_eq!(house.vapi(&report("while")).await.status(), 503);
    fs::copy(&aside, &log).unwrap();
    assert_eq!(house.vapi(&report("replaced")).await.status(), 503);
    fs::rename(&aside, &log).unwrap();
    assert_eq!(house.vapi(&report("after")).await.status(), 200);
    house.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open().await;
    for entry in fs::read_dir(house.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        let mode = metadata.permissions().mode() & 0o777;
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{:?}", entry.file_name());
    }
    house.close().await;
}
