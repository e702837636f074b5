use super::vocabulary::vocabulary;

vocabulary! {
    /// Why a decision went as it did; for the operator, never for the client.
    pub enum Reason {
        // The credential: a signature, a token, a session.
        /// No credential was sent.
        Missing = "missing",
        /// The credential is not of the form that the scheme states.
        Malformed = "malformed",
        /// The credential was sent more than once.
        Duplicated = "duplicated",
        /// The credential is well-formed and wrong.
        Mismatch = "mismatch",
        /// The credential's life is over.
        Expired = "expired",
        /// The credential's life has not begun.
        NotYetValid = "not_yet_valid",
        /// The credential says no end of its life, or one too far away.
        LifeTooLong = "life_too_long",
        /// The signed time lies too far in the past.
        StaleTimestamp = "stale_timestamp",
        /// The signed time lies too far in the future.
        FutureTimestamp = "future_timestamp",
        /// The request was signed well and has been handled before.
        Replayed = "replayed",
        /// The same request is being handled now.
        InFlight = "in_flight",
        /// The request was handled for longer than it was claimed: an equal one may have been
        /// handled meanwhile.
        LeaseLost = "lease_lost",
        /// No key is known by the identifier, or for the tenant.
        UnknownKey = "unknown_key",
        /// The keys of a tenant cannot be had now.
        KeysUnavailable = "keys_unavailable",
        /// The key was revoked.
        RevokedKey = "revoked_key",
        /// The credential itself was revoked, or all of its subject's.
        Revoked = "revoked",
        /// The algorithm is not the one that the key is for.
        WrongAlgorithm = "wrong_algorithm",
        /// The token was made by somebody else.
        WrongIssuer = "wrong_issuer",
        /// The token was made for somebody else.
        WrongAudience = "wrong_audience",
        /// The token is of another type.
        WrongType = "wrong_type",
        /// The credential demands an extension that is not understood (`crit`).
        UnsupportedCritical = "unsupported_critical",
        /// What the credential covers is less than the policy asks for.
        InsufficientCoverage = "insufficient_coverage",
        /// The signature does not cover a body of this content type.
        UncoveredContentType = "uncovered_content_type",
        /// The digest of the body is not the one that was signed.
        DigestMismatch = "digest_mismatch",
        /// The credential belongs to a server and came from a browser.
        BrowserCredential = "browser_credential",
        /// The caller lacks the role or the scope.
        InsufficientScope = "insufficient_scope",
        /// The sender asked whose endpoint this is, and was answered; nothing was handled.
        Challenge = "challenge",

        // The body.
        /// The body is longer than allowed, as declared or as it came.
        TooLarge = "too_large",
        /// The body came too slowly.
        TooSlow = "too_slow",
        /// The body came in too many pieces.
        TooManyFrames = "too_many_frames",
        /// The body ended before its end.
        CutOff = "cut_off",
        /// The bodies that wait for their verification hold all the memory that they may.
        BudgetExceeded = "budget_exceeded",
        /// The body is compressed, and the signature covers what was compressed.
        Encoded = "encoded",
        /// The body is of no accepted content type.
        UnsupportedMediaType = "unsupported_media_type",
        /// The body is not what its content type says.
        InvalidBody = "invalid_body",

        // Cross-origin requests.
        /// The origin is not on the list.
        OriginNotAllowed = "origin_not_allowed",
        /// The origin is no serialised origin.
        OriginMalformed = "origin_malformed",
        /// The method is not on the list.
        MethodNotAllowed = "method_not_allowed",
        /// A requested header is not on the list.
        HeaderNotAllowed = "header_not_allowed",
        /// The list of requested headers is too long or no list.
        HeadersMalformed = "headers_malformed",
        /// A preflight asked for access from a public network to a private one.
        PrivateNetwork = "private_network",
        /// The request names a host that is not ours.
        HostNotAllowed = "host_not_allowed",
        /// The browser says that the request comes from another site.
        CrossSite = "cross_site",

        // Limits and clients.
        /// The quota is used up.
        QuotaExceeded = "quota_exceeded",
        /// The request costs more than the quota could ever give.
        NeverPossible = "never_possible",
        /// Too many requests of the client are being served at once.
        ConcurrencyExceeded = "concurrency_exceeded",
        /// The client is banned for a while.
        Banned = "banned",
        /// The client is on a list of those who may not, or not on the list of those who may.
        AddressDenied = "address_denied",
        /// No layer outside this one has said who the client is: add `ClientAddrLayer`, and give
        /// it the peer's address (`PeerAddr`, or the feature `axum` or `tonic`).
        NoClientAddress = "no_client_address",
        /// No layer outside this one has said what a limit counts by: add the one that puts that
        /// identity into the request's extensions.
        NoIdentity = "no_identity",
        /// No layer outside this one has verified a token: add `TokenLayer`.
        NoClaims = "no_claims",
        /// No layer outside this one has verified a signature by the policy that was asked for: add
        /// `SignatureLayer`.
        Unverified = "unverified",
        /// A forwarding header is present where a direct connection is demanded.
        Forwarded = "forwarded",
        /// The score of the client's conduct is over the threshold.
        AbnormalConduct = "abnormal_conduct",
        /// The score of a whole network's clients together is over its threshold.
        AbnormalNetwork = "abnormal_network",

        // The machinery.
        /// A secret of the service stood in what it was about to answer.
        SecretExposed = "secret_exposed",
        /// A store or a service that the decision needs did not answer.
        BackendUnavailable = "backend_unavailable",
        /// The configuration could not be read or is wrong.
        InvalidConfiguration = "invalid_configuration",
        /// An operator did it.
        Operator = "operator",
        /// A timetable did it.
        Scheduled = "scheduled",
        /// None of the others.
        Other = "other",
    }
}

impl Reason {
    /// What the operator can do about it, where the reason is a fault of the service itself.
    #[must_use]
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::NoClientAddress => Some(
                "add ClientAddrLayer outside, and give it the peer's address: PeerAddr, or the \
                 feature axum or tonic",
            ),
            Self::NoClaims => Some("add TokenLayer outside: nobody verified a token"),
            Self::Unverified => {
                Some("add SignatureLayer outside, with the policy that the handler names")
            }
            _ => None,
        }
    }
}
