use std::fmt;

use crate::Part;

/// A line of the policy that the tour drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Exactly three origins, never any.
    CorsOrigins,
    /// With credentials.
    CorsCredentials,
    /// `PUT`, `PATCH`, `DELETE` beside the safelisted methods.
    CorsMethods,
    /// Four request headers.
    CorsRequestHeaders,
    /// Four response headers.
    CorsExposed,
    /// Ten requests a minute.
    LimitWebhook,
    /// A hundred requests a minute.
    LimitApi,
    /// Five requests a minute.
    LimitAuth,
    /// On every public endpoint.
    LimitEverywhere,
    /// The client is who the trusted proxy says, and nobody else's word counts.
    ClientAddress,
    /// Hexadecimal HMAC-SHA-256 of the raw body.
    Vapi,
    /// `X-Twilio-Signature`.
    Twilio,
    /// `Content-Security-Policy` is set.
    HeaderCsp,
    /// `X-Frame-Options: DENY`.
    HeaderFrameOptions,
    /// `X-Content-Type-Options: nosniff`.
    HeaderNosniff,
    /// `Referrer-Policy: strict-origin-when-cross-origin`.
    HeaderReferrer,
    /// At most 1 MiB.
    Bodies,
    /// Ten variables, none of them a placeholder.
    Secrets,
    /// Each quarter, with old and new valid together.
    Rotation,
    /// At once, without a restart.
    Revocation,
    /// Every token expires.
    TokensExpire,
    /// A session is renewed by tokens that are good once, and ends.
    Sessions,
    /// The service-role key never leaves the server.
    ServiceRole,
    /// The administration is for administrators.
    Admin,
    /// Every refused attempt is logged.
    LogRefusals,
    /// No sensitive value ever is.
    LogSilence,
    /// Attack patterns are watched.
    Patterns,
    /// The share of requests blocked by CORS.
    MetricCors,
    /// Failed authentications.
    MetricLogins,
    /// The latency of signature validation.
    MetricLatency,
    /// Four alerts: bad tokens, abnormal clients, forged webhooks, the administration.
    Alerts,
}

impl Rule {
    /// Every line.
    pub const ALL: [Self; 31] = [
        Self::CorsOrigins,
        Self::CorsCredentials,
        Self::CorsMethods,
        Self::CorsRequestHeaders,
        Self::CorsExposed,
        Self::LimitWebhook,
        Self::LimitApi,
        Self::LimitAuth,
        Self::LimitEverywhere,
        Self::ClientAddress,
        Self::Vapi,
        Self::Twilio,
        Self::HeaderCsp,
        Self::HeaderFrameOptions,
        Self::HeaderNosniff,
        Self::HeaderReferrer,
        Self::Bodies,
        Self::Secrets,
        Self::Rotation,
        Self::Revocation,
        Self::TokensExpire,
        Self::Sessions,
        Self::ServiceRole,
        Self::Admin,
        Self::LogRefusals,
        Self::LogSilence,
        Self::Patterns,
        Self::MetricCors,
        Self::MetricLogins,
        Self::MetricLatency,
        Self::Alerts,
    ];

    /// The layer that enforces it; `None` where no layer of the onion does.
    #[must_use]
    pub const fn part(self) -> Option<Part> {
        Some(match self {
            Self::CorsOrigins
            | Self::CorsCredentials
            | Self::CorsMethods
            | Self::CorsRequestHeaders
            | Self::CorsExposed
            | Self::MetricCors => Part::Cors,
            Self::LimitWebhook
            | Self::LimitApi
            | Self::LimitAuth
            | Self::LimitEverywhere
            | Self::ClientAddress => Part::RateLimit,
            Self::Vapi | Self::Twilio | Self::Patterns | Self::MetricLatency => Part::Signature,
            Self::HeaderCsp
            | Self::HeaderFrameOptions
            | Self::HeaderNosniff
            | Self::HeaderReferrer => Part::Headers,
            Self::Bodies => Part::BodyLimit,
            Self::TokensExpire | Self::Sessions | Self::MetricLogins => Part::Token,
            Self::Admin => Part::Admin,
            Self::LogRefusals | Self::LogSilence => Part::Log,
            Self::Secrets
            | Self::Rotation
            | Self::Revocation
            | Self::ServiceRole
            | Self::Alerts => return None,
        })
    }

    const fn text(self) -> &'static str {
        match self {
            Self::CorsOrigins => "cors: three origins, never *",
            Self::CorsCredentials => "cors: with credentials",
            Self::CorsMethods => "cors: PUT, PATCH, DELETE",
            Self::CorsRequestHeaders => "cors: four request headers",
            Self::CorsExposed => "cors: four exposed headers",
            Self::LimitWebhook => "limits: webhook 10 a minute",
            Self::LimitApi => "limits: api 100 a minute",
            Self::LimitAuth => "limits: auth 5 a minute",
            Self::LimitEverywhere => "limits: every public endpoint",
            Self::ClientAddress => "limits: by the client's address",
            Self::Vapi => "webhooks: Vapi",
            Self::Twilio => "webhooks: Twilio",
            Self::HeaderCsp => "headers: CSP",
            Self::HeaderFrameOptions => "headers: X-Frame-Options",
            Self::HeaderNosniff => "headers: nosniff",
            Self::HeaderReferrer => "headers: Referrer-Policy",
            Self::Bodies => "bodies: at most 1 MiB",
            Self::Secrets => "secrets: all set, none made up",
            Self::Rotation => "secrets: rotated, none lost",
            Self::Revocation => "secrets: revoked at once",
            Self::TokensExpire => "tokens: every one expires",
            Self::Sessions => "tokens: sessions end",
            Self::ServiceRole => "tokens: service role stays here",
            Self::Admin => "admin: guarded",
            Self::LogRefusals => "logging: every refusal",
            Self::LogSilence => "logging: nothing sensitive",
            Self::Patterns => "logging: attack patterns",
            Self::MetricCors => "metrics: share blocked by CORS",
            Self::MetricLogins => "metrics: failed logins",
            Self::MetricLatency => "metrics: signature latency",
            Self::Alerts => "alerts: four of them",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}
