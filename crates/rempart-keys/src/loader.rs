//! Brings the variables of a schema together from where an operator may put them.

mod dev_secrets;
mod loaded;
mod warning;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rempart_core::{Clock, Faults, SystemClock};
use zeroize::Zeroizing;

use self::loaded::Value;
pub use self::loaded::{Loaded, LoadedEntry};
pub use self::warning::Warning;
use crate::dotenv::{self, ParseError};
use crate::{
    ConfigError, ConfigErrors, FileFault, Profile, Provenance, Schema, Secret, Variable, file,
};

/// Loads the variables of a [`Schema`], and reports every fault at once.
///
/// A variable's value is the first of: `NAME` in the environment, or the file that `NAME_FILE`
/// names there; the same two in the `.env` file; the generated secrets, in development; the
/// schema's default. Both `NAME` and `NAME_FILE` in one place are a fault. Of a file one line
/// break at the end is left out, and at most [`Secret::MAX_LEN`] bytes are read.
///
/// The environment is given as an iterator, and never changed.
///
/// ```
/// use rempart_keys::{Kind, Loader, Profile, Schema, Variable};
///
/// # fn main() -> Result<(), rempart_keys::ConfigErrors> {
/// let schema = Schema::new([
///     Variable::new("PUBLIC_URL", Kind::Origin).browser_ok().required_in(Profile::Production),
///     Variable::new("WEBHOOK_SECRET", Kind::Text).required_in(Profile::Production),
/// ])?;
///
/// // `std::env::vars_os()` in a program.
/// let environment = [
///     ("PUBLIC_URL", "https://app.example"),
///     ("WEBHOOK_SECRET", "made-up-for-the-documentation-only"),
/// ];
/// let loaded = Loader::new(&schema, Profile::Production).environment(environment).load()?;
/// assert_eq!(loaded.text("PUBLIC_URL"), Some("https://app.example"));
/// assert_eq!(loaded.required("WEBHOOK_SECRET")?.len(), 34);
///
/// let faults = Loader::new(&schema, Profile::Production)
///     .environment([("WEBHOOK_SECRET", "your_webhook_secret")])
///     .load()
///     .unwrap_err();
/// assert_eq!(
///     faults.to_string(),
///     "PUBLIC_URL: is missing, and needed in production\n\
///      WEBHOOK_SECRET: the environment: looks like the placeholder of a documentation",
/// );
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is loaded until `load` is called"]
pub struct Loader<'a> {
    schema: &'a Schema,
    profile: Profile,
    environment: Vec<Given>,
    dotenv: Option<PathBuf>,
    dev_secrets: Option<PathBuf>,
    now: Option<Duration>,
}

impl<'a> Loader<'a> {
    /// Starts without any source but the defaults of the schema.
    pub const fn new(schema: &'a Schema, profile: Profile) -> Self {
        Self {
            schema,
            profile,
            environment: Vec::new(),
            dotenv: None,
            dev_secrets: None,
            now: None,
        }
    }

    /// Reads the variables from these, such as [`std::env::vars_os`].
    ///
    /// What the schema does not name is wiped and forgotten.
    pub fn environment<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        for (name, value) in variables {
            let value = Zeroizing::new(value.into().into_encoded_bytes());
            let name = name.into();
            let name = name.to_str().unwrap_or_default();
            if let Some((variable, is_file)) = find(self.schema, name) {
                self.environment.push(Given { variable, is_file, value, changed: None });
            }
        }
        self
    }

    /// Reads this file too, if there is one, in the [dialect](crate::dotenv) of this crate.
    pub fn dotenv(self, path: impl Into<PathBuf>) -> Self {
        Self { dotenv: Some(path.into()), ..self }
    }

    /// Keeps the values that are generated in development in this file, of mode 0600.
    ///
    /// In production it is neither read nor written. While values are added, a file of its name
    /// with `.lock` at its end keeps other processes from it.
    pub fn dev_secrets(self, path: impl Into<PathBuf>) -> Self {
        Self { dev_secrets: Some(path.into()), ..self }
    }

    /// Tells the age of values at this time since 1970, instead of the system's.
    pub fn now(self, now: Duration) -> Self {
        Self { now: Some(now), ..self }
    }

    /// Loads everything.
    ///
    /// Values are generated only when nothing else is at fault.
    ///
    /// # Errors
    ///
    /// Every fault of every source, in the order of the sources and then of the schema.
    pub fn load(mut self) -> Result<Loaded, ConfigErrors> {
        let mut faults = Faults::new();
        let mut warnings = Vec::new();
        let dotenv = self.dotenv.as_ref().map(|path| {
            let text = faults.take(read_if_there(path, Provenance::Dotenv)).flatten();
            if text.as_ref().is_some_and(file::Text::is_open_to_others) {
                warnings.push(Warning::OpenToOthers { variable: None, from: Provenance::Dotenv });
            }
            self.entries(text.as_ref(), Provenance::Dotenv, &mut faults)
        });
        let generated = self.generated(&mut faults);
        let environment = std::mem::take(&mut self.environment);
        let levels = [
            (Provenance::Environment, Provenance::EnvironmentFile, Some(environment)),
            (Provenance::Dotenv, Provenance::DotenvFile, dotenv),
            (Provenance::DevSecrets, Provenance::DevSecrets, generated),
        ];
        let now = self.now.unwrap_or_else(|| SystemClock.unix());
        let mut loaded = Loaded::new(self.profile);
        for variable in self.schema.iter() {
            let found = levels.iter().find_map(|(direct, from_file, given)| {
                let given = given.as_deref().unwrap_or_default();
                pick(variable, given, *direct, *from_file)
            });
            let default = || {
                let value = variable.default()?.as_bytes();
                Some(Ok((Provenance::Default, file::Text::of(value, None))))
            };
            match found.or_else(default) {
                Some(Ok((provenance, text))) => {
                    let checked = check(variable, self.profile, provenance, &text, &mut warnings);
                    if let Some(secret) = faults.take(checked) {
                        let changed = text.changed();
                        let value =
                            Value { variable: *variable, from: provenance, secret, changed };
                        warnings.extend(value.age_warning(now));
                        loaded.push(value);
                    }
                }
                Some(Err(fault)) => faults.push(fault),
                None if variable.is_required_in(self.profile) && !self.generates(variable) => {
                    faults.push(ConfigError::Missing {
                        variable: variable.name(),
                        profile: self.profile,
                    });
                }
                None => {}
            }
        }
        loaded.exposed().for_each(|fault| faults.push(fault));
        faults.finish()?;
        if let (Some(path), Profile::Development) = (&self.dev_secrets, self.profile) {
            let missing = |variable: &&Variable| {
                variable.is_generated() && loaded.secret(variable.name()).is_none()
            };
            let missing: Vec<Variable> = self.schema.iter().filter(missing).copied().collect();
            if !missing.is_empty() {
                loaded.generated(dev_secrets::generate(path, &missing)?);
            }
        }
        loaded.sort(self.schema, warnings);
        Ok(loaded)
    }

    /// What was generated before.
    fn generated(&self, faults: &mut Faults<ConfigError>) -> Option<Vec<Given>> {
        let path = self.dev_secrets.as_ref().filter(|_| self.profile == Profile::Development)?;
        let from = Provenance::DevSecrets;
        let text = faults.take(read_if_there(path, from)).flatten()?;
        if text.is_open_to_others() {
            let fault = FileFault::OpenToOthers;
            faults.push(ConfigError::File { variable: None, provenance: from, fault });
        }
        let mut given = self.entries(Some(&text), from, faults);
        // A file of generated values names no other files, and nobody asks for new ones.
        given.retain(|given| !given.is_file);
        for given in &mut given {
            given.changed = None;
        }
        Some(given)
    }

    /// The entries of a `.env` file that the schema names.
    fn entries(
        &self,
        text: Option<&file::Text>,
        provenance: Provenance,
        faults: &mut Faults<ConfigError>,
    ) -> Vec<Given> {
        let Some(text) = text else { return Vec::new() };
        let located = |ParseError { line, offset, fault }| ConfigError::Dotenv {
            provenance,
            line,
            offset,
            fault,
        };
        let entries = faults.take_all(dotenv::parse(text.expose()), located).unwrap_or_default();
        let known = entries.iter().filter_map(|entry| {
            let (variable, is_file) = find(self.schema, entry.name())?;
            let value = Zeroizing::new(entry.expose().to_vec());
            Some(Given { variable, is_file, value, changed: text.changed() })
        });
        known.collect()
    }

    fn generates(&self, variable: &Variable) -> bool {
        let development = self.profile == Profile::Development;
        development && variable.is_generated() && self.dev_secrets.is_some()
    }
}

impl fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// A value as a source gives it.
struct Given {
    variable: &'static str,
    is_file: bool,
    value: Zeroizing<Vec<u8>>,
    /// When the file that it stands in was last written.
    changed: Option<Duration>,
}

type Picked = Result<(Provenance, file::Text), ConfigError>;

/// Which variable of the schema a name means, and whether it names the file of its value.
fn find(schema: &Schema, name: &str) -> Option<(&'static str, bool)> {
    let named = |wanted: &str| schema.iter().map(Variable::name).find(|name| *name == wanted);
    let file = || name.strip_suffix("_FILE").and_then(named);
    named(name).map(|name| (name, false)).or_else(|| file().map(|name| (name, true)))
}

/// The value that one place gives to a variable.
fn pick(
    variable: &Variable,
    given: &[Given],
    direct: Provenance,
    from_file: Provenance,
) -> Option<Picked> {
    let name = variable.name();
    let mut of_variable = given.iter().filter(|given| given.variable == name);
    let first = of_variable.next()?;
    if let Some(second) = of_variable.next() {
        return Some(Err(if first.is_file == second.is_file {
            ConfigError::Duplicate { variable: name, provenance: direct }
        } else {
            ConfigError::Both { variable: name, provenance: direct }
        }));
    }
    if !first.is_file {
        return Some(Ok((direct, file::Text::of(&first.value, first.changed))));
    }
    let text = file::path(&first.value).and_then(file::read);
    let file_fault =
        |fault| ConfigError::File { variable: Some(name), provenance: from_file, fault };
    Some(text.map(|text| (from_file, text.without_line_break())).map_err(file_fault))
}

fn check(
    variable: &Variable,
    profile: Profile,
    provenance: Provenance,
    text: &file::Text,
    warnings: &mut Vec<Warning>,
) -> Result<Secret, ConfigError> {
    let name = variable.name();
    let value = text.expose();
    let broken = |(offset, rule)| ConfigError::Value { variable: name, provenance, offset, rule };
    variable.check(value, profile).map_err(broken)?;
    let length = value.len();
    if let Some((wanted, bearable)) = variable.minimum(profile) {
        if length < bearable {
            let minimum = bearable;
            return Err(ConfigError::TooShort { variable: name, provenance, length, minimum });
        }
        if length < wanted {
            warnings.push(Warning::Short { variable: name, from: provenance, length, wanted });
        }
    }
    if text.is_open_to_others() {
        warnings.push(Warning::OpenToOthers { variable: Some(name), from: provenance });
    }
    // What was checked above is no less than what a secret asks for.
    Secret::new(value).map_err(|_| broken((None, crate::Rule::BlankPadded)))
}

fn read_if_there(path: &Path, provenance: Provenance) -> Result<Option<file::Text>, ConfigError> {
    match file::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(FileFault::Io(std::io::ErrorKind::NotFound)) => Ok(None),
        Err(fault) => Err(ConfigError::File { variable: None, provenance, fault }),
    }
}
