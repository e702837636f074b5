use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rempart_testing::canary::assert_absent;
use serde_json::Value;
use tempfile::TempDir;

use crate::tool::{self, Run};

/// A key directory that is gone with the test.
#[derive(Clone)]
pub(super) struct Folder(Arc<TempDir>);

impl Folder {
    pub(super) fn new() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }

    /// Where the rings are.
    pub(super) fn path(&self) -> PathBuf {
        self.0.path().join("keys")
    }

    pub(super) fn file(&self, ring: &str, name: &str) -> PathBuf {
        self.path().join(ring).join(name)
    }

    pub(super) fn write(&self, ring: &str, name: &str, text: &str) {
        fs::create_dir_all(self.path().join(ring)).unwrap();
        fs::write(self.file(ring, name), text).unwrap();
    }

    /// The bytes of a key.
    pub(super) fn key(&self, ring: &str, id: &str) -> String {
        fs::read_to_string(self.file(ring, &format!("{id}.key"))).unwrap()
    }

    /// Runs `rempart keys …`; no key of the directory stands in what it prints.
    pub(super) fn keys(&self, arguments: &[&str]) -> Run {
        self.keys_with(arguments, &[], b"")
    }

    pub(super) fn keys_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        input: &[u8],
    ) -> Run {
        let path = self.path();
        let environment = [&[("KEYS_DIR", path.to_str().unwrap())], environment].concat();
        let run = tool::run(&[&["keys"], arguments].concat(), &environment, input);
        for secret in self.all() {
            assert_absent(&run.stdout, &secret);
            assert_absent(&run.stderr, &secret);
        }
        run
    }

    /// Runs a verb that must succeed, and gives what it printed.
    pub(super) fn done(&self, arguments: &[&str]) -> String {
        let run = self.keys(arguments);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{arguments:?}");
        run.stdout
    }

    /// What `status` says of one key, as JSON.
    pub(super) fn status(&self, ring: &str, id: &str, more: &[&str]) -> Value {
        let text = self.done(&[&["status", ring, "--json"], more].concat());
        let rings: Value = serde_json::from_str(&text).unwrap();
        let keys = rings[0]["keys"].as_array().unwrap();
        keys.iter().find(|key| key["key"] == id).unwrap().clone()
    }

    fn all(&self) -> Vec<String> {
        let rings = fs::read_dir(self.path()).into_iter().flatten().flatten();
        let files = rings.flat_map(|ring| fs::read_dir(ring.path()).into_iter().flatten());
        let keys = files.flatten().map(|file| file.path());
        let keys = keys.filter(|path| path.extension().is_some_and(|end| end == "key"));
        keys.filter_map(|path| fs::read_to_string(path).ok())
            .filter(|key| !key.is_empty())
            .collect()
    }
}

/// A time so many seconds ago, as key directories spell it.
pub(super) fn ago(seconds: u64) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    let then = now.checked_sub(std::time::Duration::from_secs(seconds)).unwrap();
    rempart::keys::Timestamp::at(then).to_string()
}
