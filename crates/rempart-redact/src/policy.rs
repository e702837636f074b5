use std::fmt;
use std::sync::Arc;

use rempart_core::{Faults, KeyId, PolicyName};
use rempart_keys::Secret;

use crate::detector::{Anchor, Detector, Mask};
use crate::engine::{Engine, Parts};
use crate::key_rules::{KeyRules, normalise};
use crate::pseudonym::Pseudonyms;
use crate::{ConfigError, ConfigErrors};

/// What is hidden, checked and compiled. A clone bumps one reference count.
///
/// ```
/// use rempart_keys::Secret;
/// use rempart_redact::{Policy, Redactor};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation")?;
/// let policy = Policy::builder("logs").secret("VAPI_API_KEY", &secret).key("transcript").build()?;
/// let redactor = Redactor::new(policy);
/// assert_eq!(
///     redactor.redact(r#"sent made-up-for-the-documentation, got {"transcript":"Hello","id":7}"#),
///     r#"sent [REDACTED:secret/VAPI_API_KEY], got {"transcript":"[REDACTED:key]","id":7}"#,
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Policy(Arc<Inner>);

struct Inner {
    name: PolicyName,
    engine: Engine,
}

impl Policy {
    /// The fewest bytes that the longest record may be set to.
    pub const MIN_RECORD: usize = 1024;
    /// The most bytes that the longest record may be set to.
    pub const MAX_RECORD: usize = 16 * 1024 * 1024;
    /// The fewest bytes of a registered secret.
    pub const MIN_SECRET: usize = 6;
    /// The most bytes of a registered secret.
    pub const MAX_SECRET: usize = 8 * 1024;
    /// The most registered secrets.
    pub const MAX_SECRETS: usize = 4096;

    /// Starts from every default detector and key rule, and no registered secret.
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder {
            name: name.to_owned(),
            detectors: Detector::catalog().collect(),
            enabled: Vec::new(),
            disabled: Vec::new(),
            masks: Vec::new(),
            partial_masks: false,
            secrets: Vec::new(),
            keys: Vec::new(),
            pseudonyms: None,
            max_record: 1024 * 1024,
        }
    }

    /// The name that was given to it.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.0.name
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }
}

// By hand: what it was compiled from and to may hold secrets.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.0.name)
            .field("engine", &self.0.engine)
            .finish()
    }
}

/// Builds a [`Policy`].
#[derive(Clone)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: String,
    detectors: Vec<Detector>,
    enabled: Vec<String>,
    disabled: Vec<String>,
    masks: Vec<(String, Mask)>,
    partial_masks: bool,
    secrets: Vec<(String, Secret)>,
    keys: Vec<Key>,
    pseudonyms: Option<(KeyId, Secret)>,
    max_record: usize,
}

/// A name that was added to the key rules.
#[derive(Clone, Debug)]
enum Key {
    Hidden(String),
    HiddenSuffix(String),
    Allowed(String),
    ShownHeader(String),
}

impl PolicyBuilder {
    /// Hides this value wherever it stands and whatever it was made into: escaped for JSON, percent
    /// encoded, Base64 (alone or within a longer text), hexadecimal, a list of numbers.
    ///
    /// The only way for secrets that have no shape. `name` stands in the marker.
    pub fn secret(mut self, name: &str, secret: &Secret) -> Self {
        self.secrets.push((name.to_owned(), secret.clone()));
        self
    }

    /// Hides the values of this name: in JSON, forms, queries, headers and `name=value`.
    ///
    /// Case and punctuation do not count: `X-Api-Key`, `apiKey` and `api_key` are one.
    pub fn key(mut self, key: &str) -> Self {
        self.keys.push(Key::Hidden(key.to_owned()));
        self
    }

    /// Hides the values of every name that ends so.
    pub fn key_suffix(mut self, suffix: &str) -> Self {
        self.keys.push(Key::HiddenSuffix(suffix.to_owned()));
        self
    }

    /// Shows the values of this name, which an ending would hide. A name that is hidden as a whole
    /// stays hidden.
    pub fn allow_key(mut self, key: &str) -> Self {
        self.keys.push(Key::Allowed(key.to_owned()));
        self
    }

    /// Shows the value of this header, once it has been searched. Headers that nobody named are
    /// hidden by [`Redactor::header`](crate::Redactor::header).
    pub fn show_header(mut self, name: &str) -> Self {
        self.keys.push(Key::ShownHeader(name.to_owned()));
        self
    }

    /// Adds a detector.
    pub fn detector(mut self, detector: Detector) -> Self {
        self.enabled.push(detector.id.to_owned());
        self.detectors.push(detector);
        self
    }

    /// Turns an optional detector on.
    pub fn enable(mut self, id: &str) -> Self {
        self.enabled.push(id.to_owned());
        self
    }

    /// Turns a detector off: what it would find goes into the log.
    pub fn dangerously_disable(mut self, id: &str) -> Self {
        self.disabled.push(id.to_owned());
        self
    }

    /// Shows of what a detector finds what the mask shows.
    pub fn mask(mut self, id: &str, mask: Mask) -> Self {
        self.masks.push((id.to_owned(), mask));
        self
    }

    /// Shows what helps those who answer the telephone: the last four digits of telephone and card
    /// numbers, the domains of mail addresses, the networks of addresses, the regions of postal
    /// codes.
    pub fn partial_masks(mut self) -> Self {
        self.partial_masks = true;
        self
    }

    /// Gives identifiers a name under this key instead of hiding them, so that the lines of one
    /// account can be told from those of another.
    pub fn pseudonyms(mut self, key: KeyId, secret: &Secret) -> Self {
        self.pseudonyms = Some((key, secret.clone()));
        self
    }

    /// Cuts records longer than this, in bytes: a mebibyte unless told otherwise.
    pub const fn max_record(mut self, bytes: usize) -> Self {
        self.max_record = bytes;
        self
    }

    /// Checks and compiles the policy.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`]: every fault, each once.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        let name = faults.take(PolicyName::new(&self.name).map_err(ConfigError::InvalidName));
        if !(Policy::MIN_RECORD..=Policy::MAX_RECORD).contains(&self.max_record) {
            faults.push(ConfigError::RecordSize { bytes: self.max_record });
        }
        self.check_secrets(&mut faults);
        let parts = Parts {
            detectors: self.chosen_detectors(&mut faults),
            key_rules: self.key_rules(&mut faults),
            pseudonyms: self.pseudonyms.as_ref().and_then(|(key, it)| Pseudonyms::new(*key, it)),
            secrets: self.secrets,
            max_record: self.max_record,
        };
        let engine = Engine::build(parts)
            .map_err(|found| found.into_iter().for_each(|fault| faults.push(fault.into())))
            .ok();
        faults.finish()?;
        // Without a fault both are there; the other arm is for the compiler.
        let missing = || ConfigErrors::from(ConfigError::UnknownDetector { id: String::new() });
        let (name, engine) = name.zip(engine).ok_or_else(missing)?;
        Ok(Policy(Arc::new(Inner { name, engine })))
    }

    fn check_secrets(&self, faults: &mut Faults<ConfigError>) {
        if self.secrets.len() > Policy::MAX_SECRETS {
            faults.push(ConfigError::TooManySecrets { count: self.secrets.len() });
        }
        for (name, secret) in &self.secrets {
            let allowed =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
            if !(1..=64).contains(&name.len()) || !name.bytes().all(allowed) {
                faults.push(ConfigError::InvalidSecretName { name: name.clone() });
            }
            let length = secret.len();
            if length > Policy::MAX_SECRET {
                faults.push(ConfigError::LongSecret { name: name.clone(), length });
            }
        }
    }

    fn chosen_detectors(&self, faults: &mut Faults<ConfigError>) -> Vec<Detector> {
        let known = |id: &str| self.detectors.iter().any(|detector| detector.id == id);
        let masked = self.masks.iter().map(|(id, _)| id);
        for id in self.enabled.iter().chain(&self.disabled).chain(masked) {
            if !known(id) {
                faults.push(ConfigError::UnknownDetector { id: id.clone() });
            }
        }
        let mut chosen: Vec<Detector> = Vec::with_capacity(self.detectors.len());
        for detector in &self.detectors {
            let id = detector.id;
            let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
            if !(1..=48).contains(&id.len()) || !id.bytes().all(allowed) {
                faults.push(ConfigError::InvalidDetectorName { id });
            }
            if chosen.iter().any(|other| other.id == id) {
                faults.push(ConfigError::DuplicateDetector { id });
            }
            let unasked = detector.keywords.is_empty() && detector.anchor != Anchor::Shape;
            if unasked || detector.keywords.iter().any(|keyword| keyword.is_empty()) {
                faults.push(ConfigError::MissingKeyword { id });
            }
            let named = |ids: &[String]| ids.iter().any(|other| other == id);
            if named(&self.disabled) || detector.optional && !named(&self.enabled) {
                continue;
            }
            let mut detector = *detector;
            if self.partial_masks {
                detector.mask = detector.partial;
            }
            if let Some((_, mask)) = self.masks.iter().rev().find(|(other, _)| other == id) {
                detector.mask = *mask;
            }
            chosen.push(detector);
        }
        chosen
    }

    fn key_rules(&self, faults: &mut Faults<ConfigError>) -> KeyRules {
        let mut rules = KeyRules::standard();
        for key in &self.keys {
            let (Key::Hidden(text)
            | Key::HiddenSuffix(text)
            | Key::Allowed(text)
            | Key::ShownHeader(text)) = key;
            if normalise(text).is_empty() {
                faults.push(ConfigError::EmptyKey { key: text.clone() });
                continue;
            }
            match key {
                Key::Hidden(text) => rules.add(text),
                Key::HiddenSuffix(text) => rules.add_suffix(text),
                Key::Allowed(text) => rules.allow(text),
                Key::ShownHeader(text) => rules.show_header(text),
            }
        }
        rules.finished()
    }
}

// By hand: secrets are counted, and the text of a name is not a text of a value.
impl fmt::Debug for PolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyBuilder")
            .field("name", &self.name)
            .field("detectors", &self.detectors.len())
            .field("secrets", &self.secrets.len())
            .field("keys", &self.keys)
            .field("max_record", &self.max_record)
            .finish_non_exhaustive()
    }
}
