use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Coverage;

/// Says which bytes are signed, in order.
///
/// It is written as vendors write it, with placeholders in braces:
///
/// | placeholder | stands for |
/// |---|---|
/// | `{body}` | the body, byte for byte as it came |
/// | `{timestamp}` | the text of the timestamp, as it came |
/// | `{id}` | the text of the message id, as it came |
/// | `{method}` | the request's method |
/// | `{url}` | the public URL, with path and query as they came; nothing tells where it ends |
/// | `{header-names}` | the list of signed headers, as it came (Hook0) |
/// | `{header-values}` | what these headers hold, joined by dots (Hook0) |
/// | `{form}` | the form's parameters sorted, each name followed by its value (Twilio) |
///
/// ```
/// use rempart_signature::{Coverage, Template};
///
/// let template: Template = "v0:{timestamp}:{body}".parse()?;
/// assert_eq!(template.coverage(), Coverage::Body);
/// assert_eq!(template.to_string(), "v0:{timestamp}:{body}");
/// assert!("{timestamp}.{boddy}".parse::<Template>().is_err());
/// # Ok::<(), rempart_signature::TemplateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Cow<'static, [Part]>,
    layout: Layout,
}

/// What each request asks of a template, looked up once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    /// How many parts stand before the content; all of them if there is none.
    before_content: usize,
    mark_of_id: Option<u8>,
    coverage: Coverage,
    signs_body: bool,
    signs_form: bool,
    signs_id: bool,
}

impl Layout {
    const NOTHING: Self = Self {
        before_content: 0,
        mark_of_id: None,
        coverage: Coverage::None,
        signs_body: false,
        signs_form: false,
        signs_id: false,
    };
}

impl Template {
    /// How many parts a template may have.
    pub const MAX_PARTS: usize = 16;

    /// Nothing: what is sent is the secret itself.
    pub const NOTHING: Self = Self { parts: Cow::Borrowed(&[]), layout: Layout::NOTHING };

    /// The body, and nothing else.
    pub const BODY: Self = Self {
        parts: Cow::Borrowed(&[Part::Body]),
        layout: Layout { coverage: Coverage::Body, signs_body: true, ..Layout::NOTHING },
    };

    pub(super) fn new(parts: impl Into<Cow<'static, [Part]>>) -> Self {
        let parts = parts.into();
        let before_content = parts.iter().take_while(|part| !part.is_content()).count();
        let id = parts.iter().position(|part| *part == Part::Id);
        let layout = Layout {
            coverage: Coverage::of(&parts),
            before_content,
            signs_body: parts.contains(&Part::Body),
            signs_form: parts.contains(&Part::Form),
            signs_id: id.is_some(),
            mark_of_id: id.and_then(|place| mark_of_id(&parts, place, before_content)),
        };
        Self { parts, layout }
    }

    /// The parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// How much of a message such a signature covers.
    #[must_use]
    pub const fn coverage(&self) -> Coverage {
        self.layout.coverage
    }

    pub(crate) fn has(&self, wanted: &Part) -> bool {
        self.parts.contains(wanted)
    }

    /// What is fed before the content, and what is fed after it.
    pub(crate) fn around_content(&self) -> (&[Part], &[Part]) {
        let split = self.parts.split_at_checked(self.layout.before_content);
        let (before, from_content) = split.unwrap_or_default();
        (before, from_content.split_first().map_or(&[], |(_, after)| after))
    }

    pub(crate) const fn signs_body(&self) -> bool {
        self.layout.signs_body
    }

    pub(crate) fn signs_headers(&self) -> bool {
        self.has(&Part::HeaderNames) || self.has(&Part::HeaderValues)
    }

    pub(crate) const fn signs_form(&self) -> bool {
        self.layout.signs_form
    }

    pub(crate) const fn signs_id(&self) -> bool {
        self.layout.signs_id
    }

    /// How often the body is covered; a signature that covers it twice is none we know.
    pub(crate) fn contents(&self) -> usize {
        self.parts.iter().filter(|part| part.is_content()).count()
    }

    /// The byte that tells where the message id ends in what is signed: an id that held it could be
    /// cut elsewhere, and the same signature would cover another message.
    pub(crate) const fn mark_of_id(&self) -> Option<u8> {
        self.layout.mark_of_id
    }
}

/// What stands after an id, or before one that stands after the content.
fn mark_of_id(parts: &[Part], place: usize, content: usize) -> Option<u8> {
    if place > content {
        return match parts.get(place.checked_sub(1)?)? {
            Part::Literal(text) => text.bytes().last(),
            _ => None,
        };
    }
    match parts.get(place.checked_add(1)?)? {
        Part::Literal(text) => text.bytes().next(),
        // That of the hours, in a date.
        Part::Timestamp => Some(b':'),
        _ => None,
    }
}

impl Template {
    /// Reads a template whose placeholders have these names.
    pub(super) fn read(
        text: &str,
        placeholder: impl Fn(&str) -> Option<Part>,
    ) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let offset = text.len().saturating_sub(rest.len());
            if parts.len() == Self::MAX_PARTS {
                return Err(TemplateError::TooManyParts { offset });
            }
            rest = if let Some(inner) = rest.strip_prefix('{') {
                let (name, after) =
                    inner.split_once('}').ok_or(TemplateError::Unclosed { offset })?;
                let part = placeholder(name);
                parts.push(part.ok_or(TemplateError::UnknownPlaceholder { offset })?);
                after
            } else {
                let (literal, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
                if let Some(place) = literal.find('}') {
                    return Err(TemplateError::Unopened { offset: offset.saturating_add(place) });
                }
                parts.push(Part::Literal(Cow::Owned(literal.to_owned())));
                after
            };
        }
        Ok(Self::new(parts))
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text, |name| {
            let part = Part::PLACEHOLDERS.iter().find(|part| part.placeholder() == Some(name));
            part.cloned()
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match (part, part.placeholder()) {
            (Part::Literal(text), _) => f.write_str(text),
            (_, name) => write!(f, "{{{}}}", name.unwrap_or_default()),
        })
    }
}

/// One piece of what is signed; see [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The body.
    Body,
    /// The sorted parameters of a form.
    Form,
    /// The list of the headers that are signed.
    HeaderNames,
    /// The values of these headers.
    HeaderValues,
    /// The message id.
    Id,
    /// These characters.
    Literal(Cow<'static, str>),
    /// The method.
    Method,
    /// The timestamp.
    Timestamp,
    /// The public URL.
    Url,
}

impl Part {
    const PLACEHOLDERS: &[Self] = &[
        Self::Body,
        Self::Form,
        Self::HeaderNames,
        Self::HeaderValues,
        Self::Id,
        Self::Method,
        Self::Timestamp,
        Self::Url,
    ];

    const fn placeholder(&self) -> Option<&'static str> {
        match self {
            Self::Body => Some("body"),
            Self::Form => Some("form"),
            Self::HeaderNames => Some("header-names"),
            Self::HeaderValues => Some("header-values"),
            Self::Id => Some("id"),
            Self::Literal(_) => None,
            Self::Method => Some("method"),
            Self::Timestamp => Some("timestamp"),
            Self::Url => Some("url"),
        }
    }

    pub(super) const fn is_content(&self) -> bool {
        matches!(self, Self::Body | Self::Form)
    }
}

/// Why a text is no template.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateError {
    /// Templates are bounded.
    #[error(
        "a template has at most {} parts, and one more begins at byte {offset}",
        Template::MAX_PARTS
    )]
    TooManyParts {
        /// Where it stands, counted from 0.
        offset: usize,
    },
    /// A `{` without its `}`.
    #[error("the brace at byte {offset} is never closed")]
    Unclosed {
        /// Where it stands, counted from 0.
        offset: usize,
    },
    /// No such placeholder.
    #[error(
        "the placeholder at byte {offset} is none of {{body}} {{form}} \
         {{header-names}} {{header-values}} {{id}} {{method}} {{timestamp}} {{url}}"
    )]
    UnknownPlaceholder {
        /// Where it stands, counted from 0.
        offset: usize,
    },
    /// A `}` without its `{`.
    #[error("the brace at byte {offset} closes none")]
    Unopened {
        /// Where it stands, counted from 0.
        offset: usize,
    },
}
