use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What was signed of the items of a request, and nothing else of them.
///
/// The layer puts it into the request's extensions beside [`Verified`](crate::Verified). A handler that
/// reads from here cannot read what whoever carried the request has changed.
///
/// ```
/// use http::Request;
/// use rempart_signature::SignedItems;
///
/// fn references<B>(request: &Request<B>) -> Vec<&str> {
///     let items = request.extensions().get::<SignedItems>();
///     let items = items.into_iter().flat_map(SignedItems::iter);
///     items.filter_map(|item| item.get("merchantReference")).collect()
/// }
/// assert!(references(&Request::new(())).is_empty());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SignedItems(Arc<[SignedItem]>);

/// What was signed of one item.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedItem {
    /// All values, as they are signed: in one text, a separator between two.
    text: String,
    /// The path of each field that is there, and where its value stands.
    fields: Vec<(&'static str, Range<usize>)>,
}

impl SignedItems {
    pub(super) fn new(items: impl Iterator<Item = SignedItem>) -> Self {
        Self(items.collect())
    }

    /// One after the other, as they stand in the body.
    pub fn iter(&self) -> impl Iterator<Item = &SignedItem> {
        self.0.iter()
    }
}

impl SignedItem {
    /// Writes what is signed of an item that has these values, whether they were signed or not.
    pub(super) fn new(values: &[(&'static str, Option<Cow<'_, str>>)], separator: char) -> Self {
        let said = values.iter().flat_map(|(_, value)| value).map(|value| value.len());
        let mut text = String::with_capacity(said.sum::<usize>().saturating_add(values.len()));
        let mut fields = Vec::with_capacity(values.len());
        for (nth, (path, value)) in values.iter().enumerate() {
            if nth > 0 {
                text.push(separator);
            }
            if let Some(value) = value {
                let start = text.len();
                text.push_str(value);
                fields.push((*path, start..text.len()));
            }
        }
        Self { text, fields }
    }

    /// What is signed.
    pub(super) const fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// A field that was signed, by its path in the item: `pspReference`, `amount.value`. `None` for one
    /// that is not there, and for one that nobody signed.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.iter().find_map(|(name, value)| (name == path).then_some(value))
    }

    /// Paths and values, in the order in which they were signed.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let value = |place: &Range<usize>| self.text.get(place.clone()).unwrap_or_default();
        self.fields.iter().map(move |(path, place)| (*path, value(place)))
    }
}

impl fmt::Debug for SignedItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for SignedItem {
    /// Names without values: they are of somebody's payment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.fields.iter().map(|(path, _)| path)).finish()
    }
}
