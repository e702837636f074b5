/// A layer of the onion that can be left out, to see what it is for.
///
/// No option, variable or file of the service names one: it takes code to leave a layer out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The log of requests and of refusals.
    Log,
    /// The security headers.
    Headers,
    /// The CORS policy.
    Cors,
    /// The limits on how often a client may ask.
    RateLimit,
    /// The limit on bodies that no signature covers.
    BodyLimit,
    /// The signatures of webhooks.
    Signature,
    /// The tokens of those who are signed in.
    Token,
    /// The guard on keys of servers that a browser bears.
    BrowserGuard,
    /// The guard on secrets that are on their way out.
    EgressGuard,
    /// The guard on the administration.
    Admin,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 10] = [
        Self::Log,
        Self::Headers,
        Self::Cors,
        Self::RateLimit,
        Self::BodyLimit,
        Self::Signature,
        Self::Token,
        Self::BrowserGuard,
        Self::EgressGuard,
        Self::Admin,
    ];
}
