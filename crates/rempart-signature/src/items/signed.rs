use std::fmt;
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
pub struct SignedItems(Arc<Vec<SignedItem>>);

/// What was signed of one item.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedItem(Vec<(&'static str, String)>);

impl SignedItems {
    pub(super) fn new(items: Vec<SignedItem>) -> Self {
        Self(Arc::new(items))
    }

    /// One after the other, as they stand in the body.
    pub fn iter(&self) -> impl Iterator<Item = &SignedItem> {
        self.0.iter()
    }
}

impl SignedItem {
    pub(super) const fn new(fields: Vec<(&'static str, String)>) -> Self {
        Self(fields)
    }

    /// A field that was signed, by its path in the item: `pspReference`, `amount.value`. `None` for one
    /// that is not there, and for one that nobody signed.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.iter().find_map(|(name, value)| (name == path).then_some(value))
    }

    /// Paths and values, in the order in which they were signed.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(path, value)| (*path, value.as_str()))
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
        f.debug_set().entries(self.iter().map(|(path, _)| path)).finish()
    }
}
