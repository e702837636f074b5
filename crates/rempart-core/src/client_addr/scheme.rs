use http::Extensions;

/// The scheme that the client used, as a trusted proxy tells it.
///
/// An extension of the request, set by [`ClientAddrLayer`](crate::ClientAddrLayer) where
/// [`TrustedProxies::with_forwarded_proto`](crate::TrustedProxies::with_forwarded_proto) asks for
/// it; or by whoever accepts connections and knows that it speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientScheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl ClientScheme {
    /// The scheme of the request that carries these extensions, if it is known.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().copied()
    }
}
