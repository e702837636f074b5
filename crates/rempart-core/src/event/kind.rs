use super::vocabulary::vocabulary;
use crate::Outcome;

vocabulary! {
    /// What a decision was taken upon.
    pub enum EventKind {
        /// Access to an endpoint of the administration.
        Admin = "admin",
        /// Whether an authenticated caller may do what it asks.
        Authorization = "authz",
        /// A body that was read before the request went on.
        Body = "body",
        /// Who the client is; refused when no peer address reached the layer.
        ClientAddress = "client_address",
        /// A client whose conduct stands out.
        ClientAnomaly = "client",
        /// A configuration, or a part of it, read again.
        ConfigReload = "config",
        /// A cross-origin request that is no preflight.
        CorsActual = "cors",
        /// A CORS preflight.
        CorsPreflight = "cors_preflight",
        /// A request judged by its `Sec-Fetch-*` headers.
        FetchMetadata = "fetch_metadata",
        /// A published key set fetched.
        JwksRefresh = "jwks",
        /// A revoked key that somebody still uses.
        KeyRevokedUse = "key_use",
        /// A key that changed its state.
        KeyState = "key",
        /// A request counted against a limit.
        RateLimit = "rate_limit",
        /// A signed request seen before.
        Replay = "replay",
        /// A report that a browser sent.
        Report = "report",
        /// A secret on its way out.
        SecretEgress = "secret",
        /// The signature of a request.
        Signature = "signature",
        /// The bearer token of a request.
        Token = "auth",
    }
}

impl EventKind {
    /// The name that logs give to an event of this kind and outcome.
    #[must_use]
    pub const fn event_name(self, outcome: Outcome) -> &'static str {
        let [allowed, refused, shadowed, error] = self.names();
        match outcome {
            Outcome::Allowed => allowed,
            Outcome::Refused => refused,
            Outcome::Shadowed => shadowed,
            Outcome::Error => error,
        }
    }

    /// The word of the [OWASP Logging Vocabulary] for such an event, if it has one.
    ///
    /// [OWASP Logging Vocabulary]: https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html
    #[must_use]
    pub const fn owasp(self, outcome: Outcome) -> Option<&'static str> {
        let refused = matches!(outcome, Outcome::Refused | Outcome::Shadowed);
        match (self, refused) {
            (Self::Admin, false) => Some("authz_admin"),
            (Self::Admin | Self::Authorization, true) => Some("authz_fail"),
            (Self::Body, true) => Some("input_validation_fail"),
            (Self::ClientAnomaly, _) => Some("malicious_attack_tool"),
            (Self::CorsActual | Self::CorsPreflight, true) => Some("malicious_cors"),
            (Self::RateLimit, true) => Some("excess_rate_limit_exceeded"),
            (Self::KeyRevokedUse, _) | (Self::Replay, true) => Some("authn_token_reuse"),
            (Self::Signature | Self::Token, true) => Some("authn_login_fail"),
            (Self::Signature | Self::Token, false) => Some("authn_login_success"),
            _ => None,
        }
    }

    /// Whether somebody should be woken: the two events after which a secret is no secret.
    #[must_use]
    pub const fn is_critical(self) -> bool {
        matches!(self, Self::KeyRevokedUse | Self::SecretEgress)
    }

    /// The names by outcome: allowed, refused, shadowed, error.
    const fn names(self) -> [&'static str; 4] {
        match self {
            Self::Admin => ["admin.accessed", "admin.denied", "admin.shadowed", "admin.error"],
            Self::Authorization => {
                ["authz.granted", "authz.denied", "authz.shadowed", "authz.error"]
            }
            Self::Body => ["body.accepted", "body.rejected", "body.shadowed", "body.error"],
            Self::ClientAddress => [
                "client_address.known",
                "client_address.unknown",
                "client_address.shadowed",
                "client_address.error",
            ],
            Self::ClientAnomaly => {
                ["client.calm", "client.anomalous", "client.anomalous", "client.error"]
            }
            Self::ConfigReload => {
                ["config.reloaded", "config.reload_failed", "config.shadowed", "config.error"]
            }
            Self::CorsActual => ["cors.allowed", "cors.rejected", "cors.shadowed", "cors.error"],
            Self::CorsPreflight => [
                "cors_preflight.allowed",
                "cors_preflight.rejected",
                "cors_preflight.shadowed",
                "cors_preflight.error",
            ],
            Self::FetchMetadata => [
                "fetch_metadata.allowed",
                "fetch_metadata.rejected",
                "fetch_metadata.shadowed",
                "fetch_metadata.error",
            ],
            Self::JwksRefresh => {
                ["jwks.refreshed", "jwks.refresh_failed", "jwks.shadowed", "jwks.error"]
            }
            Self::KeyRevokedUse => {
                ["key.revoked_used", "key.revoked_used", "key.revoked_used", "key.revoked_used"]
            }
            Self::KeyState => {
                ["key.state_changed", "key.state_refused", "key.shadowed", "key.error"]
            }
            Self::RateLimit => [
                "rate_limit.allowed",
                "rate_limit.rejected",
                "rate_limit.shadowed",
                "rate_limit.error",
            ],
            Self::Replay => ["replay.fresh", "replay.rejected", "replay.shadowed", "replay.error"],
            Self::Report => {
                ["report.received", "report.rejected", "report.shadowed", "report.error"]
            }
            Self::SecretEgress => {
                ["secret.passed", "secret.egress_blocked", "secret.shadowed", "secret.error"]
            }
            Self::Signature => [
                "signature.verified",
                "signature.rejected",
                "signature.shadowed",
                "signature.error",
            ],
            Self::Token => ["auth.succeeded", "auth.failed", "auth.shadowed", "auth.error"],
        }
    }
}
