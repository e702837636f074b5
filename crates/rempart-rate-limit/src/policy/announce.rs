/// Which responses carry `RateLimit` and `RateLimit-Policy`. `Retry-After` is on every 429.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum Announce {
    /// All that passed through the limit.
    #[default]
    Always,
    /// Those to clients that have less than a fifth of a limit left, and those that were refused.
    NearLimit,
    /// None.
    Never,
    /// Those that the limit refused.
    WhenRefused,
}

impl Announce {
    /// Whether a client that is served may be told.
    pub(crate) const fn tells_served(self) -> bool {
        matches!(self, Self::Always | Self::NearLimit)
    }
}

/// What is told beside where a client stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tells {
    /// Handlers: what let their requests through.
    pub(super) handlers: bool,
    /// Clients: whose quota it is.
    pub(super) partitions: bool,
}
