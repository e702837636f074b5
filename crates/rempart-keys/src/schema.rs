//! What variables there are, and what their values must look like.

mod json;
mod jwt;
mod kind;
mod placeholder;
mod role;
mod rotation;

use std::fmt;
use std::time::Duration;

use rempart_core::Faults;

pub use self::kind::Kind;
use self::placeholder::{is_demonstration, is_placeholder};
pub use self::role::{SupabaseRole, VapiScope};
pub use self::rotation::Rotation;
use crate::{ConfigError, ConfigErrors, Rule, SchemaFault, Secret};

/// The variables of a program, each name once.
///
/// ```
/// use rempart_keys::{Kind, Profile, Schema, Variable};
///
/// const VARIABLES: [Variable; 2] = [
///     Variable::new("PUBLIC_URL", Kind::Origin).browser_ok().required_in(Profile::Production),
///     Variable::new("WEBHOOK_SECRET", Kind::Text).generated_in_development(),
/// ];
/// # fn main() -> Result<(), rempart_keys::ConfigErrors> {
/// let schema = Schema::new(VARIABLES)?;
/// assert_eq!(schema.iter().count(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Schema {
    variables: Vec<Variable>,
}

impl Schema {
    /// The most variables that a schema may have.
    pub const MAX_VARIABLES: usize = 64;

    /// Checks the variables against one another.
    ///
    /// # Errors
    ///
    /// One [`ConfigError::Schema`] for each contradiction.
    pub fn new(variables: impl IntoIterator<Item = Variable>) -> Result<Self, ConfigErrors> {
        let mut faults = Faults::new();
        let mut checked: Vec<Variable> = Vec::new();
        for variable in variables {
            let name = variable.name;
            let mut push = |fault| faults.push(ConfigError::Schema { variable: name, fault });
            if checked.len() == Self::MAX_VARIABLES {
                push(SchemaFault::TooMany);
                break;
            }
            variable.faults().for_each(&mut push);
            if checked.iter().any(|other| other.clashes_with(name)) {
                push(SchemaFault::DuplicateName);
            }
            checked.push(variable);
        }
        faults.finish()?;
        Ok(Self { variables: checked })
    }

    /// The variables, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter()
    }
}

/// One variable: its name, and what its value must look like.
///
/// Server-only and optional until said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    name: &'static str,
    kind: Kind,
    audience: Audience,
    minimum: Minimum,
    in_development: bool,
    in_production: bool,
    generated: bool,
    default: Option<&'static str>,
    rotation: Option<Duration>,
}

impl Variable {
    /// The fewest bytes that a server-only [`Kind::Text`] has in production: as many as HMAC-SHA-256
    /// puts out ([RFC 2104 §3]).
    ///
    /// [RFC 2104 §3]: https://www.rfc-editor.org/rfc/rfc2104#section-3
    pub const MIN_BYTES: usize = 32;

    /// The fewest bytes that such a value has in development, where fewer than
    /// [`MIN_BYTES`](Self::MIN_BYTES) are a warning.
    pub const MIN_BYTES_IN_DEVELOPMENT: usize = 16;

    /// The period of a value that is changed each quarter.
    pub const QUARTERLY: Duration = Duration::from_secs(90 * 24 * 60 * 60);

    /// Names a variable `[A-Z][A-Z0-9_]{0,63}`.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            audience: Audience::ServerOnly,
            minimum: Minimum::OfKind,
            in_development: false,
            in_production: false,
            generated: false,
            default: None,
            rotation: None,
        }
    }

    /// The value may be shown, and sent to a browser.
    #[must_use]
    pub const fn browser_ok(self) -> Self {
        Self { audience: Audience::BrowserOk, ..self }
    }

    /// The value has at least this many bytes, also where its kind asks for none.
    #[must_use]
    pub const fn min_bytes(self, minimum: usize) -> Self {
        Self { minimum: Minimum::Bytes(minimum), ..self }
    }

    /// The value may be of any length but none: for published test vectors.
    #[must_use]
    pub const fn dangerously_short(self) -> Self {
        Self { minimum: Minimum::None, ..self }
    }

    /// The variable must be set in this profile; may be said of both.
    #[must_use]
    pub const fn required_in(self, profile: Profile) -> Self {
        match profile {
            Profile::Development => Self { in_development: true, ..self },
            Profile::Production => Self { in_production: true, ..self },
        }
    }

    /// In development, a value is generated when there is none and a
    /// [file for it](crate::Loader::dev_secrets) is given.
    #[must_use]
    pub const fn generated_in_development(self) -> Self {
        Self { generated: true, ..self }
    }

    /// The value where no source has one; only what a browser may see can have it.
    #[must_use]
    pub const fn default_value(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    /// The value is to be changed once in each period; what that means is told by
    /// [`LoadedEntry::rotation_at`](crate::LoadedEntry::rotation_at).
    #[must_use]
    pub const fn rotated_every(self, period: Duration) -> Self {
        Self { rotation: Some(period), ..self }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What the value must look like.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Who may see the value.
    #[must_use]
    pub const fn audience(&self) -> Audience {
        self.audience
    }

    /// How often the value is to be changed, if anybody asks for it.
    #[must_use]
    pub const fn rotation(&self) -> Option<Duration> {
        self.rotation
    }

    /// Whether the variable must be set in this profile.
    #[must_use]
    pub const fn is_required_in(&self, profile: Profile) -> bool {
        match profile {
            Profile::Development => self.in_development,
            Profile::Production => self.in_production,
        }
    }

    pub(crate) const fn default(&self) -> Option<&'static str> {
        self.default
    }

    pub(crate) const fn is_generated(&self) -> bool {
        self.generated
    }

    /// The fewest bytes of a value: wanted, and bearable in `profile`.
    pub(crate) fn minimum(&self, profile: Profile) -> Option<(usize, usize)> {
        let wanted = match self.minimum {
            Minimum::Bytes(minimum) => minimum,
            Minimum::OfKind if self.is_secret_text() => Self::MIN_BYTES,
            Minimum::None | Minimum::OfKind => return None,
        };
        match profile {
            Profile::Development => Some((wanted, wanted.min(Self::MIN_BYTES_IN_DEVELOPMENT))),
            Profile::Production => Some((wanted, wanted)),
        }
    }

    /// Checks a value but for its length.
    pub(crate) fn check(
        &self,
        value: &[u8],
        profile: Profile,
    ) -> Result<(), (Option<usize>, Rule)> {
        if value.is_empty() {
            return Err((None, Rule::Empty));
        }
        if value.len() > Secret::MAX_LEN {
            return Err((None, Rule::TooLong));
        }
        let text = str::from_utf8(value).map_err(|bad| (Some(bad.valid_up_to()), Rule::NotUtf8))?;
        if text.starts_with(is_unseen) || text.ends_with(is_unseen) {
            return Err((None, Rule::BlankPadded));
        }
        if let Some(offset) = text.find(char::is_control) {
            return Err((Some(offset), Rule::ControlCharacter));
        }
        // Before the kind: `+1xxx` is no number either, but that is not what to tell the operator.
        if is_placeholder(text, !self.is_for_browsers()) {
            return Err((None, Rule::Placeholder));
        }
        if let Some(found) = self.kind.swapped(text) {
            return Err((None, Rule::Swapped { wanted: self.kind, found }));
        }
        if let Some(found) = Kind::server_only(text).filter(|_| self.is_for_browsers()) {
            return Err((None, Rule::ServerOnly(found)));
        }
        if profile == Profile::Production && is_demonstration(text) {
            return Err((None, Rule::Demonstration));
        }
        self.kind.check(text).map_err(|offset| (offset, Rule::Kind(self.kind)))
    }

    fn faults(&self) -> impl Iterator<Item = SchemaFault> {
        let for_browsers = self.is_for_browsers();
        let weak = matches!(self.minimum, Minimum::Bytes(minimum) if minimum < Self::MIN_BYTES);
        [
            (!is_name(self.name), SchemaFault::InvalidName),
            (self.kind.is_nested(), SchemaFault::NestedKinds),
            (weak && self.is_secret_text(), SchemaFault::WeakMinimum),
            (!for_browsers && self.default.is_some(), SchemaFault::DefaultSecret),
            (for_browsers && self.kind.is_server_only(), SchemaFault::ShownSecret),
            (self.rotation.is_some_and(|period| period.is_zero()), SchemaFault::NoPeriod),
            (self.generated && !self.kind.is_generated(), SchemaFault::NotGenerated),
        ]
        .into_iter()
        .filter_map(|(wrong, fault)| wrong.then_some(fault))
    }

    fn is_for_browsers(&self) -> bool {
        self.audience == Audience::BrowserOk
    }

    fn is_secret_text(&self) -> bool {
        matches!((self.kind, self.audience), (Kind::Text, Audience::ServerOnly))
    }

    fn clashes_with(&self, name: &str) -> bool {
        let is_file_of = |file: &str, of: &str| file.strip_suffix("_FILE") == Some(of);
        self.name == name || is_file_of(self.name, name) || is_file_of(name, self.name)
    }
}

fn is_name(name: &str) -> bool {
    let byte = |byte: u8| byte == b'_' || byte.is_ascii_uppercase() || byte.is_ascii_digit();
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(byte)
}

/// Blanks, and the characters that come along from a web page without being seen.
fn is_unseen(c: char) -> bool {
    let unseen = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    c.is_whitespace() || unseen
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Minimum {
    Bytes(usize),
    None,
    OfKind,
}

/// Who may see a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Anybody: it may be sent to a browser.
    BrowserOk,
    /// Nobody outside the process.
    ServerOnly,
}

/// Where a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// On the machine of a developer.
    Development,
    /// In front of the world.
    Production,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
        })
    }
}
