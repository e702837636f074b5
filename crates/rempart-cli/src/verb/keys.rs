//! The keys of services, on disk.

mod change;
mod judge;
mod reload;
mod ring;
mod show;
mod source;
mod test;

use std::env;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rempart::core::PolicyName;
use rempart::keys::{KeyId, RingDirectory};
use serde::Serialize;

use self::ring::Ring;
use super::Verdict;
use crate::args::{KeysArgs, KeysVerb};
use crate::failure::Failure;

/// Shows or changes the keys of a key directory.
pub(crate) fn keys(
    args: &KeysArgs,
    input: impl Read,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    let store = Store::new(args.dir.as_deref());
    let told = match &args.verb {
        KeysVerb::Add(add) => change::add(&store, add, input, args.json)?,
        KeysVerb::Destroy(destroy) => change::destroy(&store, destroy, args.json)?,
        KeysVerb::List { ring } => show::list(&store, ring.as_deref(), args.json)?,
        KeysVerb::Promote(promote) => change::promote(&store, promote, args.json)?,
        KeysVerb::Revoke(revoke) => change::revoke(&store, revoke, args.json)?,
        KeysVerb::Status(status) => show::status(&store, status, args.json)?,
        KeysVerb::Test(test) => test::test(&store, test)?,
    };
    let text = told.text.as_bytes();
    output.write_all(text).and_then(|()| output.flush()).map_err(Failure::Output)?;
    told.after
}

type Done = Result<Told, Failure>;

/// What a verb has to print, and how it ends after that.
struct Told {
    text: String,
    after: Result<Verdict, Failure>,
}

impl Told {
    #[expect(clippy::unnecessary_wraps, reason = "the verbs end with it")]
    fn good(text: String) -> Done {
        Ok(Self { text, after: Ok(Verdict::Good) })
    }
}

/// A value as one line of JSON.
fn line(value: &impl Serialize) -> String {
    // Nothing here has keys that are no text, which is all that can fail.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

/// The key directory: a directory for each ring.
struct Store {
    root: PathBuf,
}

impl Store {
    /// The directory of the option, of the variable, or the service's own in development.
    fn new(option: Option<&Path>) -> Self {
        let variable = || env::var_os("KEYS_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let root = option.map(Path::to_owned).or_else(variable);
        Self { root: root.unwrap_or_else(|| PathBuf::from("./data/keys")) }
    }

    /// A ring that is there.
    fn ring(&self, name: &str) -> Result<Ring, Failure> {
        let ring = self.ring_to_be(name)?;
        if ring.is_there() {
            return Ok(ring);
        }
        let there: Vec<String> = self.all()?.iter().map(|ring| ring.name.to_string()).collect();
        Err(if there.is_empty() {
            Failure::usage("no ring of this name: the key directory holds none")
        } else {
            Failure::Usage(format!("no ring of this name, only {}", there.join(", ")))
        })
    }

    /// A ring, there or not.
    fn ring_to_be(&self, name: &str) -> Result<Ring, Failure> {
        let name = PolicyName::new(name)
            .map_err(|_| Failure::usage("a ring's name is 1 to 32 of a-z 0-9 -"))?;
        Ok(Ring::new(RingDirectory::new(&self.root, name)))
    }

    /// The ring of this name, or all of them.
    fn rings(&self, name: Option<&str>) -> Result<Vec<Ring>, Failure> {
        match name {
            Some(name) => Ok(vec![self.ring(name)?]),
            None => self.all(),
        }
    }

    fn all(&self) -> Result<Vec<Ring>, Failure> {
        let rings = RingDirectory::all(&self.root)
            .map_err(|error| Failure::Usage(format!("the key directory: {}", error.kind())))?;
        Ok(rings.into_iter().map(Ring::new).collect())
    }
}

/// The name of a key, as an argument gives it. What was given is not repeated: the wrong argument
/// may be a key itself.
fn key_id(text: &str) -> Result<KeyId, Failure> {
    KeyId::new(text).map_err(|_| {
        Failure::usage("a key's name is 1 to 16 of A-Z a-z 0-9 . _ -, never its bytes")
    })
}
