use std::{fmt, io};

use thiserror::Error;

use crate::dotenv::DotenvFault;
use crate::{Kind, Profile, Secret};

/// One fault of what was loaded, or of the schema it was loaded by.
///
/// It says which variable, where its value came from, at which byte and which rule: `Copy`, and
/// made of the schema's own texts and of numbers only, so that there is no room for a value.
///
/// The path in a `NAME_FILE` is left out as well: it is where a secret ends up when somebody
/// fills in the wrong one of the two.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The variable and its `_FILE` twin are both set in one place.
    #[error("{variable}: {provenance}: {variable}_FILE is set as well")]
    Both {
        /// The variable.
        variable: &'static str,
        /// Where both were found.
        provenance: Provenance,
    },
    /// A `.env` file holds a line that is not of the dialect.
    #[error("{provenance}: line {line}, byte {offset}: {fault}")]
    Dotenv {
        /// Which of the files.
        provenance: Provenance,
        /// The line, counted from 1.
        line: usize,
        /// The byte of the file, counted from 0.
        offset: usize,
        /// What is wrong there.
        fault: DotenvFault,
    },
    /// The environment holds the variable twice.
    #[error("{variable}: {provenance}: is set twice")]
    Duplicate {
        /// The variable.
        variable: &'static str,
        /// Where it was found.
        provenance: Provenance,
    },
    /// One value stands in two variables, and a browser may see one of them.
    #[error("{variable}: has the value of {shown}, which a browser may see")]
    Exposed {
        /// The variable that is for the server alone.
        variable: &'static str,
        /// The variable that a browser may see.
        shown: &'static str,
    },
    /// A file cannot be used.
    #[error("{}{provenance}: {fault}", Prefix(*.variable))]
    File {
        /// The variable whose value it holds; `None` for a file of several.
        variable: Option<&'static str>,
        /// What the file is for.
        provenance: Provenance,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A variable that this profile needs is nowhere.
    #[error("{variable}: is missing, and needed in {profile}")]
    Missing {
        /// The variable.
        variable: &'static str,
        /// The profile.
        profile: Profile,
    },
    /// The operating system gave no randomness to generate a value from.
    #[error("{variable}: no randomness to generate it from")]
    NoRandomness {
        /// The variable.
        variable: &'static str,
    },
    /// The schema contradicts itself.
    #[error("{variable}: the schema is at fault: {fault}")]
    Schema {
        /// The variable.
        variable: &'static str,
        /// How.
        fault: SchemaFault,
    },
    /// The value is too short to be a secret.
    #[error("{variable}: {provenance}: has {length} bytes, at least {minimum} are needed")]
    TooShort {
        /// The variable.
        variable: &'static str,
        /// Where the value came from.
        provenance: Provenance,
        /// How many bytes it has.
        length: usize,
        /// How many it must have.
        minimum: usize,
    },
    /// The value breaks a rule.
    #[error("{variable}: {provenance}: {rule}{}", At(*.offset))]
    Value {
        /// The variable.
        variable: &'static str,
        /// Where the value came from.
        provenance: Provenance,
        /// The first byte that breaks it, counted from 0, where one does.
        offset: Option<usize>,
        /// The rule.
        rule: Rule,
    },
}

/// Every fault at once, in the order of the sources and then of the schema; never empty.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// Where a value came from.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provenance {
    /// The default of the schema.
    #[error("the default")]
    Default,
    /// The file of secrets that were generated for development.
    #[error("the generated secrets")]
    DevSecrets,
    /// The `.env` file.
    #[error("the .env file")]
    Dotenv,
    /// The file that `NAME_FILE` in the `.env` file names.
    #[error("the file named in the .env file")]
    DotenvFile,
    /// The environment.
    #[error("the environment")]
    Environment,
    /// The file that `NAME_FILE` in the environment names.
    #[error("the file named in the environment")]
    EnvironmentFile,
}

/// A rule that a value broke.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Begins or ends with a blank, a byte order mark or another character that nobody sees.
    #[error("begins or ends with a blank or an invisible character")]
    BlankPadded,
    /// Holds a line break, a tab, a NUL or another control character.
    #[error("holds a control character")]
    ControlCharacter,
    /// Is a key that everybody has, in production.
    #[error("is a key of a demonstration, which everybody has")]
    Demonstration,
    /// Has no bytes; a variable that is not wanted is left out instead.
    #[error("is empty")]
    Empty,
    /// Is not of its kind.
    #[error("is not {0}")]
    Kind(Kind),
    /// Is not a text in UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// Is what a documentation puts in the place of a value.
    #[error("looks like the placeholder of a documentation")]
    Placeholder,
    /// Is for the server alone, and the variable is one that a browser may see.
    #[error("is {0}, which no browser may see")]
    ServerOnly(Kind),
    /// Is what belongs into another variable: the two were swapped.
    #[error("is {found}, and {wanted} belongs here")]
    Swapped {
        /// What belongs here.
        wanted: Kind,
        /// What stands here.
        found: Kind,
    },
    /// Has more bytes than are taken.
    #[error("has more than {} bytes", Secret::MAX_LEN)]
    TooLong,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileFault {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(io::ErrorKind),
    /// Another process is writing it, or was cut off at that.
    #[error(
        "is being written by another process; if none is starting, remove the file beside it \
         whose name has `.lock` at its end"
    )]
    Locked,
    /// It is a directory, a pipe or a device.
    #[error("is not a regular file")]
    NotAFile,
    /// Others than its owner may read or write it.
    #[error("is open to others than its owner (its mode should be 0600)")]
    OpenToOthers,
    /// It has more bytes than are read.
    #[error("has more than {} bytes", Secret::MAX_LEN)]
    TooLarge,
}

/// How a schema contradicts itself.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaFault {
    /// A server-only variable has a default: that would be a secret in the code.
    #[error("a variable that is server-only may not have a default")]
    DefaultSecret,
    /// The name is there twice, or is another's with `_FILE`.
    #[error("the name is taken")]
    DuplicateName,
    /// The name is not `[A-Z][A-Z0-9_]{0,63}`.
    #[error("the name is not of capitals, digits and underscores, at most 64")]
    InvalidName,
    /// A kind of kinds within another.
    #[error("a choice of kinds is empty or holds another choice")]
    NestedKinds,
    /// The period of rotation is nothing.
    #[error("a period of rotation of nothing is set")]
    NoPeriod,
    /// No value of this kind can be generated.
    #[error("no value of this kind can be generated")]
    NotGenerated,
    /// A browser may see the variable, and no value of its kind.
    #[error("no value of this kind may be seen by a browser")]
    ShownSecret,
    /// More variables than a schema may have.
    #[error("there are more than {} variables", crate::Schema::MAX_VARIABLES)]
    TooMany,
    /// The minimum is below what a server-only text needs.
    #[error("a minimum below {} bytes is set", crate::Variable::MIN_BYTES)]
    WeakMinimum,
}

struct Prefix(Option<&'static str>);

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |name| write!(f, "{name}: "))
    }
}

struct At(Option<usize>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |offset| write!(f, " (byte {offset})"))
    }
}
