use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rempart_core::Faults;
use rempart_keys::{Loaded, Loader, Profile, Provenance};

use super::{ConfigError, ConfigErrors, dev_secrets, private_folder};
use crate::variables;

/// Where the variables come from, to read again what may have changed there: files.
///
/// Of the environment it keeps the names of files, `NAME_FILE`, and no value.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    pub(super) profile: Profile,
    pub(super) folder: PathBuf,
    pub(super) dotenv: Option<PathBuf>,
    files: Vec<(OsString, OsString)>,
}

impl Sources {
    pub(super) fn new(
        profile: Profile,
        folder: &Path,
        dotenv: Option<&Path>,
        environment: &[(OsString, OsString)],
    ) -> Self {
        let is_file = |name: &OsString| name.to_str().is_some_and(|name| name.ends_with("_FILE"));
        let files = environment.iter().filter(|(name, _)| is_file(name)).cloned().collect();
        Self { profile, folder: folder.to_owned(), dotenv: dotenv.map(Into::into), files }
    }

    /// Loads everything; nobody needs one of `replaced`.
    pub(super) fn load(
        &self,
        environment: Vec<(OsString, OsString)>,
        replaced: &[&str],
        faults: &mut Faults<ConfigError>,
    ) -> Option<Loaded> {
        let schema = faults.take_all(variables::schema(replaced), ConfigError::Variable)?;
        let mut loader = Loader::new(&schema, self.profile).environment(environment);
        if let Some(path) = &self.dotenv {
            loader = loader.dotenv(path);
        }
        // Nothing is made on a start that is refused for another reason.
        if self.profile == Profile::Development && faults.is_empty() {
            let made = private_folder(&self.folder);
            faults.take(made.map_err(|error| ConfigError::Folder { kind: error.kind() }))?;
            loader = loader.dev_secrets(dev_secrets(&self.folder));
        }
        faults.take_all(loader.load(), ConfigError::Variable)
    }

    /// Loads everything again. What the environment itself said, it says still.
    pub(super) fn load_again(
        &self,
        before: &Loaded,
        replaced: &[&str],
    ) -> Result<Loaded, ConfigErrors> {
        let from_environment =
            before.entries().filter(|entry| entry.from == Provenance::Environment);
        let said = from_environment.filter_map(|entry| {
            let value = before.secret(entry.name)?.expose_text()?;
            Some((entry.name.into(), value.into()))
        });
        let environment = said.chain(self.files.iter().cloned()).collect();
        let mut faults = Faults::new();
        let loaded = self.load(environment, replaced, &mut faults);
        faults.finish()?;
        loaded.ok_or_else(|| ConfigError::Nothing.into())
    }
}
