//! What a detector is: a shape, the words that announce it, and a check of what was found.

pub(crate) mod catalog;
mod mask;
mod validator;

pub use self::mask::Mask;
pub use self::validator::Validator;

/// Finds one kind of sensitive value by its shape. Pure data; works in a `const`.
///
/// The pattern is a regular expression over bytes, without look-around other than `\b` and without
/// back-references, which is what keeps every search linear. What its first group captured is
/// hidden, or the whole match if it has no group. It is looked for where a keyword stands.
///
/// ```
/// use rempart_redact::{Detector, Policy, Redactor};
///
/// # fn main() -> Result<(), rempart_redact::ConfigErrors> {
/// let badge = Detector::new("acme_badge", r"ACME-[0-9]{6}", &["ACME-"]);
/// let redactor = Redactor::new(Policy::builder("logs").detector(badge).build()?);
/// assert_eq!(redactor.redact("badge ACME-004217 used"), "badge [REDACTED:acme_badge] used");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a detector finds nothing until it is part of a policy"]
pub struct Detector {
    pub(crate) id: &'static str,
    pub(crate) pattern: &'static str,
    pub(crate) keywords: &'static [&'static str],
    pub(crate) anchor: Anchor,
    pub(crate) class: Class,
    pub(crate) severity: Severity,
    pub(crate) validator: Validator,
    pub(crate) mask: Mask,
    pub(crate) partial: Mask,
    pub(crate) optional: bool,
    pub(crate) named: bool,
}

impl Detector {
    /// Looks for `pattern` where one of `keywords` begins a word.
    ///
    /// `id` names it in markers and must be `[a-z0-9_]{1,48}`. Keywords are found whatever their
    /// case; the pattern says with `(?i)` whether it holds then.
    pub const fn new(
        id: &'static str,
        pattern: &'static str,
        keywords: &'static [&'static str],
    ) -> Self {
        Self {
            id,
            pattern,
            keywords,
            anchor: Anchor::Word,
            class: Class::Secret,
            severity: Severity::Critical,
            validator: Validator::None,
            mask: Mask::Marker,
            partial: Mask::Marker,
            optional: false,
            named: false,
        }
    }

    /// Looks for `pattern` at every beginning of a word, for shapes that no keyword announces.
    ///
    /// All that the pattern can match from there is tried, the longest first, and what the
    /// [`Validator`] accepts is hidden: without one, plain numbers and words are at risk.
    pub const fn shape(id: &'static str, pattern: &'static str) -> Self {
        Self::new(id, pattern, &[]).anchor(Anchor::Shape)
    }

    /// Says where the match begins, seen from the keyword.
    pub const fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    /// Says what is found: a secret unless told otherwise.
    pub const fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// Says how much harm it does in a log: critical unless told otherwise.
    ///
    /// Where two findings overlap, the more severe names the marker.
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Has every match checked before it counts.
    pub const fn validator(mut self, validator: Validator) -> Self {
        self.validator = validator;
        self
    }

    /// Says what is shown in place of the value: a marker and nothing else unless told otherwise.
    pub const fn mask(mut self, mask: Mask) -> Self {
        self.mask = mask;
        self
    }

    /// Says what [`PolicyBuilder::partial_masks`](crate::PolicyBuilder::partial_masks) shows.
    pub const fn partial(mut self, mask: Mask) -> Self {
        self.partial = mask;
        self
    }

    /// Leaves it off until a policy turns it on.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Leaves out values whose name the key rules allow: for patterns that go by a name.
    pub const fn named(mut self) -> Self {
        self.named = true;
        self
    }

    /// Its name, as it stands in markers.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// What it finds.
    #[must_use]
    pub const fn finds(&self) -> Class {
        self.class
    }

    /// Whether a policy has it unless told otherwise.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        !self.optional
    }

    /// Every detector that the crate knows, in the order of their names within a trade.
    pub fn catalog() -> impl Iterator<Item = Self> {
        catalog::all()
    }
}

/// Where a match begins, seen from the keyword that announces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anchor {
    /// At a keyword that begins a word: nothing, a separator or an escape stands before it.
    Word,
    /// At a keyword, also in the middle of a word.
    Keyword,
    /// This many bytes before a keyword.
    Before(usize),
    /// As far before a keyword as bytes of a mail address's local part reach, at most 64.
    Mailbox,
    /// At a keyword that begins a parameter of a URL or a form: after `?`, `&` or `;`.
    Parameter,
    /// At a keyword that begins a word, not deep within a run of base64url characters: for tokens
    /// that such a run can hold many beginnings of.
    Token,
    /// At every beginning of a word; no keyword is needed.
    Shape,
}

/// What kind of thing a detector finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Class {
    /// Made to be published, and worth telling apart: a publishable key.
    Public,
    /// Names an account or a resource; useful to correlate lines.
    Identifier,
    /// About a person.
    Personal,
    /// Opens a door.
    Secret,
}

/// How much harm a value does in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// The worst.
    Critical,
}
