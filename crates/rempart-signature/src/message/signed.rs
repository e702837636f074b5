use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::base::{Base, Line};
use super::parameters::SignatureParameters;

/// The parts of a message that its signature covers, and nothing else of it.
///
/// The layer puts it into the request's extensions beside [`Verified`](crate::Verified). A handler
/// that reads headers from here cannot read one that whoever carried the request has added.
///
/// ```
/// use http::Request;
/// use rempart_signature::SignedComponents;
///
/// fn content_type<B>(request: &Request<B>) -> Option<&str> {
///     request.extensions().get::<SignedComponents>()?.get("content-type")
/// }
/// assert_eq!(content_type(&Request::new(())), None);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SignedComponents(Arc<Signed>);

#[derive(PartialEq, Eq)]
struct Signed {
    label: String,
    parameters: SignatureParameters,
    base: Base,
}

impl SignedComponents {
    pub(crate) fn new(label: &str, parameters: SignatureParameters, base: Base) -> Self {
        Self(Arc::new(Signed { label: label.to_owned(), parameters, base }))
    }

    /// The label of the signature.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.0.label
    }

    /// The lines of the components that were signed, without what the signature says of itself.
    pub(crate) fn lines(&self) -> &str {
        let end = self.0.base.lines.last().map_or(0, |line| line.value.end);
        self.0.base.text.get(..end).unwrap_or_default()
    }

    /// Identifiers and values, in the order in which they were signed.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = |range: &std::ops::Range<usize>| {
            self.0.base.text.get(range.clone()).unwrap_or_default()
        };
        self.0
            .base
            .lines
            .iter()
            .map(move |Line { identifier, value }| (text(identifier), text(value)))
    }

    /// The value of a component, by its identifier: `@method`, `content-type`, or with parameters
    /// as it was written, `"@query-param";name="Pet"`.
    #[must_use]
    pub fn get(&self, identifier: &str) -> Option<&str> {
        let is = |signed: &str| {
            let bare = signed.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
            signed == identifier || bare == Some(identifier)
        };
        self.iter().find_map(|(signed, value)| is(signed).then_some(value))
    }

    /// When the signature was made, since the Unix epoch.
    #[must_use]
    pub fn created(&self) -> Option<Duration> {
        self.0.parameters.created.map(Duration::from_secs)
    }

    /// When it ends, since the Unix epoch, if it says so.
    #[must_use]
    pub fn expires(&self) -> Option<Duration> {
        self.0.parameters.expires.map(Duration::from_secs)
    }

    /// The key's name, as the signer has it.
    #[must_use]
    pub fn keyid(&self) -> Option<&str> {
        self.0.parameters.keyid.as_deref()
    }

    /// What the signer signs once only, if it says so.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.0.parameters.nonce.as_deref()
    }

    /// The application that the signature was made for, if it says so.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.0.parameters.tag.as_deref()
    }
}

impl fmt::Debug for SignedComponents {
    /// Identifiers without values: a credential may be among what was signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedComponents")
            .field("label", &self.0.label)
            .field("components", &self.iter().map(|(identifier, _)| identifier).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
