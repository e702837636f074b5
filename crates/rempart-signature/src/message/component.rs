use std::fmt;
use std::str::FromStr;

use http::{HeaderName, Method, header};
use thiserror::Error;

use super::structured::{BareItem, InnerList, Item, Parameters, Parser};

/// A part of a message that a signature covers: a field, or something derived from the message
/// ([RFC 9421 §2]).
///
/// ```
/// use rempart_signature::Component;
///
/// let method: Component = "@method".parse()?;
/// let pet: Component = r#""@query-param";name="Pet""#.parse()?;
/// let digest: Component = "content-digest;sf".parse()?;
/// assert_eq!(method.to_string(), r#""@method""#);
/// assert_eq!(digest.to_string(), r#""content-digest";sf"#);
/// assert!("@nonsense".parse::<Component>().is_err());
/// # let _ = pet;
/// # Ok::<(), rempart_signature::ComponentError>(())
/// ```
///
/// Two are equal if they name the same part, in whatever order their parameters stand.
///
/// [RFC 9421 §2]: https://www.rfc-editor.org/rfc/rfc9421#section-2
#[derive(Clone, Debug)]
pub struct Component {
    pub(crate) part: MessagePart,
    /// Whether it is a part of the request that a response answers.
    pub(crate) of_request: bool,
    /// As it was written.
    item: Item,
}

/// What a component names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessagePart {
    Authority,
    Field(HeaderName, Form),
    Method,
    Path,
    Query,
    QueryParam(String),
    RequestTarget,
    Scheme,
    Status,
    TargetUri,
}

/// How the value of a field is put into the signed bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Each line as a byte sequence.
    Bytes,
    /// One member of a dictionary.
    Member(String),
    /// The lines, joined.
    Plain,
    /// As a structured field is written.
    Structured,
}

impl Component {
    pub(crate) fn of_item(item: Item) -> Result<Self, ComponentError> {
        let BareItem::String(name) = &item.value else { return Err(ComponentError::Name) };
        let named = Named::of(&item.parameters)?;
        let part = match name.strip_prefix('@') {
            Some(derived) => named.derived(derived)?,
            None => named.field(name)?,
        };
        let of_request = named.req;
        Ok(Self { part, of_request, item })
    }

    pub(crate) const fn item(&self) -> &Item {
        &self.item
    }

    /// A derived one of this name; the names are written in this crate.
    fn derived(name: &str, part: MessagePart) -> Self {
        let value = BareItem::String(name.to_owned());
        let item = Item { value, parameters: Parameters::default() };
        Self { part, of_request: false, item }
    }

    pub(crate) fn method() -> Self {
        Self::derived("@method", MessagePart::Method)
    }

    pub(crate) fn status() -> Self {
        Self::derived("@status", MessagePart::Status)
    }

    pub(crate) fn target_uri() -> Self {
        Self::derived("@target-uri", MessagePart::TargetUri)
    }

    pub(crate) fn field(name: &HeaderName) -> Self {
        Self::derived(name.as_str(), MessagePart::Field(name.clone(), Form::Plain))
    }

    /// Whether it is the whole of the `Content-Digest` of the message itself.
    pub(crate) fn is_content_digest(&self) -> bool {
        match &self.part {
            MessagePart::Field(name, form) => {
                !self.of_request
                    && name.as_str() == crate::digest::CONTENT_DIGEST
                    && !matches!(form, Form::Member(_))
            }
            _ => false,
        }
    }

    /// Whether these components say as much as this one does.
    ///
    /// A target URI is its parts: the scheme belongs to the origin that is configured.
    pub(crate) fn is_covered_by(&self, covered: &[Self]) -> bool {
        let has = |part: &MessagePart| {
            covered.iter().any(|other| other.part == *part && other.of_request == self.of_request)
        };
        match &self.part {
            MessagePart::TargetUri => {
                let target = has(&MessagePart::Path) && has(&MessagePart::Query);
                let target = target || has(&MessagePart::RequestTarget);
                has(&MessagePart::TargetUri) || (has(&MessagePart::Authority) && target)
            }
            MessagePart::Field(name, Form::Plain) => {
                let whole = |form: Form| has(&MessagePart::Field(name.clone(), form));
                whole(Form::Plain) || whole(Form::Structured) || whole(Form::Bytes)
            }
            part => has(part),
        }
    }
}

impl PartialEq for Component {
    fn eq(&self, other: &Self) -> bool {
        self.part == other.part && self.of_request == other.of_request
    }
}

impl Eq for Component {}

impl fmt::Display for Component {
    /// As it stands in `Signature-Input`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.item.fmt(f)
    }
}

impl FromStr for Component {
    type Err = ComponentError;

    /// Reads an identifier; the quotation marks may be left out.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let quoted = match text.split_once(';') {
            _ if text.starts_with('"') => text.to_owned(),
            Some((name, parameters)) => format!("\"{name}\";{parameters}"),
            None => format!("\"{text}\""),
        };
        let item = Parser::new(quoted.as_bytes()).and_then(|parser| parser.unique().whole_item());
        Self::of_item(item.map_err(|_| ComponentError::Name)?)
    }
}

/// The parameters that a component may have.
#[derive(Default)]
struct Named<'a> {
    bs: bool,
    key: Option<&'a str>,
    name: Option<&'a str>,
    req: bool,
    sf: bool,
}

impl<'a> Named<'a> {
    fn of(parameters: &'a Parameters) -> Result<Self, ComponentError> {
        let mut named = Self::default();
        for (key, value) in parameters.iter() {
            match (key, value) {
                ("bs", BareItem::Boolean(true)) => named.bs = true,
                ("key", BareItem::String(key)) => named.key = Some(key),
                ("name", BareItem::String(name)) => named.name = Some(name),
                ("req", BareItem::Boolean(true)) => named.req = true,
                ("sf", BareItem::Boolean(true)) => named.sf = true,
                ("tr", _) => return Err(ComponentError::Trailer),
                _ => return Err(ComponentError::Parameter),
            }
        }
        Ok(named)
    }

    fn derived(&self, name: &str) -> Result<MessagePart, ComponentError> {
        if self.bs || self.sf || self.key.is_some() {
            return Err(ComponentError::Parameter);
        }
        let part = match (name, self.name) {
            ("query-param", Some(name)) => MessagePart::QueryParam(name.to_owned()),
            ("query-param", None) | (_, Some(_)) => return Err(ComponentError::Parameter),
            ("authority", None) => MessagePart::Authority,
            ("method", None) => MessagePart::Method,
            ("path", None) => MessagePart::Path,
            ("query", None) => MessagePart::Query,
            ("request-target", None) => MessagePart::RequestTarget,
            ("scheme", None) => MessagePart::Scheme,
            ("status", None) if self.req => return Err(ComponentError::Parameter),
            ("status", None) => MessagePart::Status,
            ("target-uri", None) => MessagePart::TargetUri,
            _ => return Err(ComponentError::Name),
        };
        Ok(part)
    }

    fn field(&self, name: &str) -> Result<MessagePart, ComponentError> {
        // A name in upper case would be read as the same, and signed as another.
        let lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        let header = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| lower);
        let header = header.ok_or(ComponentError::Name)?;
        let form = match (self.bs, self.key, self.sf) {
            _ if self.name.is_some() => return Err(ComponentError::Parameter),
            (true, None, false) => Form::Bytes,
            (true, ..) => return Err(ComponentError::Parameter),
            (false, Some(key), _) => Form::Member(key.to_owned()),
            (false, None, true) => Form::Structured,
            (false, None, false) => Form::Plain,
        };
        Ok(MessagePart::Field(header, form))
    }
}

/// What a signature covers, and what is said of it: the inner list of one label.
#[derive(Clone, Debug)]
pub(crate) struct Covered {
    pub(crate) components: Vec<Component>,
    /// As it was received, every parameter in its place.
    pub(crate) list: InnerList,
}

impl Covered {
    /// The most components that one signature may cover.
    pub(crate) const MOST: usize = 32;

    pub(crate) fn new(list: InnerList) -> Result<Self, ComponentError> {
        if list.items.len() > Self::MOST {
            return Err(ComponentError::TooMany);
        }
        let mut components: Vec<Component> = Vec::with_capacity(list.items.len());
        for item in &list.items {
            let component = Component::of_item(item.clone())?;
            if components.contains(&component) {
                return Err(ComponentError::Repeated);
            }
            components.push(component);
        }
        Ok(Self { components, list })
    }

    /// Whether the host that was called is signed as the client wrote it.
    pub(crate) fn has_host(&self) -> bool {
        let host = |component: &Component| matches!(&component.part, MessagePart::Field(name, _) if *name == header::HOST);
        self.components.iter().any(host)
    }
}

/// Whether the target of such a request is an authority alone.
pub(crate) fn is_connect(method: &Method) -> bool {
    *method == Method::CONNECT
}

/// Why a text names no component.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentError {
    /// It is neither a field in lower case nor a derived component that is known.
    #[error("names neither a field in lower case nor a derived component")]
    Name,
    /// A parameter is unknown, does not belong to this component, or is missing.
    #[error("has a parameter that it cannot have, or lacks one")]
    Parameter,
    /// It is there twice.
    #[error("is there twice")]
    Repeated,
    /// There are more than 32.
    #[error("there are more than {}", Covered::MOST)]
    TooMany,
    /// Trailers come after the decision.
    #[error("trailers are not read: they come after the decision")]
    Trailer,
}
