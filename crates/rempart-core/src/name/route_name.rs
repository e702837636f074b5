use http::Extensions;

/// Names the route of a request, as it was declared: `/calls/{id}`, never the path that was sent.
///
/// An extension of the request, set by a router. With the feature `axum` there is nothing to set:
/// [`of`](Self::of) falls back to axum's `MatchedPath`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteName(&'static str);

impl RouteName {
    /// Names a route.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The route of the request that carries these extensions, if a router has said it.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&str> {
        let named = extensions.get::<Self>().map(|route| route.as_str());
        #[cfg(feature = "axum")]
        let named = named.or_else(|| {
            extensions.get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
        });
        named
    }
}
