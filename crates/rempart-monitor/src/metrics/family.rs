//! Which metric counts an event, and by which labels.

use rempart_core::{EventKind, Outcome, Reason};

/// One metric that counts.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) labels: &'static [By],
}

/// What a counter is told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Kind,
    Outcome,
    Policy,
    Reason,
    State,
}

impl By {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Outcome => "outcome",
            Self::Policy => "policy",
            Self::Reason => "reason",
            Self::State => "state",
        }
    }
}

impl Family {
    /// The metric of a decision. There is one for every kind, whatever kinds are added.
    pub(super) const fn of(kind: EventKind, outcome: Outcome) -> &'static Self {
        match (kind, outcome) {
            (EventKind::Admin, _) => &ADMIN,
            (EventKind::Authorization, _) => &AUTHORIZATION,
            (EventKind::ClientAnomaly, _) => &ANOMALIES,
            (EventKind::ConfigReload, _) => &CONFIG,
            (EventKind::CorsActual | EventKind::CorsPreflight, _) => &CORS,
            (EventKind::JwksRefresh, _) => &JWKS,
            (EventKind::KeyRevokedUse, _) => &KEY_USES,
            (EventKind::RateLimit, _) => &RATE_LIMIT,
            (EventKind::SecretEgress, Outcome::Refused) => &EGRESS,
            (EventKind::Signature, _) => &SIGNATURE,
            (EventKind::Token, _) => &AUTH,
            _ => &OTHER,
        }
    }

    pub(super) fn by_reason(&self) -> bool {
        self.labels.contains(&By::Reason)
    }
}

/// The word for a kind where it is a label.
pub(super) const fn kind_label(kind: EventKind) -> &'static str {
    match kind {
        EventKind::CorsActual => "actual",
        EventKind::CorsPreflight => "preflight",
        other => other.as_str(),
    }
}

/// What the layers tell of a kind: what is counted from zero on, so that a first refusal is an
/// increase.
pub(super) fn told(kind: EventKind) -> Vec<(Outcome, Option<Reason>)> {
    let allowed = (Outcome::Allowed, None);
    let refused = |reasons: &[Reason]| {
        let refused = reasons.iter().map(|reason| (Outcome::Refused, Some(*reason)));
        std::iter::once(allowed).chain(refused).collect()
    };
    match kind {
        EventKind::Authorization => {
            refused(&[Reason::BrowserCredential, Reason::InsufficientScope])
        }
        EventKind::ClientAnomaly => vec![
            (Outcome::Shadowed, Some(Reason::AbnormalConduct)),
            (Outcome::Shadowed, Some(Reason::AbnormalNetwork)),
            (Outcome::Refused, Some(Reason::AbnormalConduct)),
            (Outcome::Refused, Some(Reason::AbnormalNetwork)),
            (Outcome::Refused, Some(Reason::Banned)),
        ],
        EventKind::CorsActual => refused(&ORIGIN),
        EventKind::CorsPreflight => refused(&PREFLIGHT),
        EventKind::Signature => refused(&SIGNED),
        EventKind::Token => refused(&TOKEN),
        EventKind::SecretEgress => vec![(Outcome::Refused, None)],
        EventKind::Admin
        | EventKind::ConfigReload
        | EventKind::JwksRefresh
        | EventKind::RateLimit => {
            vec![allowed, (Outcome::Refused, None), (Outcome::Error, None)]
        }
        _ => vec![allowed, (Outcome::Refused, None)],
    }
}

/// Every metric that counts events.
pub(super) const ALL: [&Family; 12] = [
    &ADMIN,
    &ANOMALIES,
    &AUTH,
    &AUTHORIZATION,
    &CONFIG,
    &CORS,
    &EGRESS,
    &JWKS,
    &KEY_USES,
    &OTHER,
    &RATE_LIMIT,
    &SIGNATURE,
];

const ADMIN: Family = Family {
    name: "rempart_admin_requests_total",
    help: "Requests for the administration.",
    labels: &[By::Policy, By::Outcome],
};

const ANOMALIES: Family = Family {
    name: "rempart_client_anomalies_total",
    help: "Clients whose conduct stood out, and requests of clients that are banned for it.",
    labels: &[By::Policy, By::Outcome, By::Reason],
};

const AUTH: Family = Family {
    name: "rempart_auth_requests_total",
    help: "Requests whose bearer token or password was judged.",
    labels: &[By::Policy, By::Outcome, By::Reason],
};

const AUTHORIZATION: Family = Family {
    name: "rempart_authz_requests_total",
    help: "Decisions on what an authenticated caller may do.",
    labels: &[By::Policy, By::Outcome, By::Reason],
};

const CONFIG: Family = Family {
    name: "rempart_config_reloads_total",
    help: "Configurations that were read again, and those that could not be taken over.",
    labels: &[By::Policy, By::Outcome],
};

const CORS: Family = Family {
    name: "rempart_cors_requests_total",
    help: "Requests of other origins: preflights and actual ones.",
    labels: &[By::Policy, By::Kind, By::Outcome, By::Reason],
};

const EGRESS: Family = Family {
    name: "rempart_secret_egress_blocked_total",
    help: "Responses that were held back since a secret stood in them.",
    labels: &[By::Policy],
};

const JWKS: Family = Family {
    name: "rempart_jwks_refreshes_total",
    help: "Published key sets that were fetched.",
    labels: &[By::Policy, By::Outcome],
};

pub(super) const KEY_USES: Family = Family {
    name: "rempart_key_uses_total",
    help: "Keys that verified something, and uses of revoked ones, by the state of the key.",
    labels: &[By::Policy, By::State],
};

const OTHER: Family = Family {
    name: "rempart_other_events_total",
    help: "Events of the kinds that have no metric of their own.",
    labels: &[By::Kind, By::Outcome],
};

const RATE_LIMIT: Family = Family {
    name: "rempart_rate_limit_requests_total",
    help: "Requests that were counted against a limit.",
    labels: &[By::Policy, By::Outcome],
};

const SIGNATURE: Family = Family {
    name: "rempart_signature_verifications_total",
    help: "Requests whose signature was verified.",
    labels: &[By::Policy, By::Outcome, By::Reason],
};

const ORIGIN: [Reason; 2] = [Reason::OriginMalformed, Reason::OriginNotAllowed];

const PREFLIGHT: [Reason; 5] = [
    Reason::HeaderNotAllowed,
    Reason::HeadersMalformed,
    Reason::MethodNotAllowed,
    Reason::OriginMalformed,
    Reason::OriginNotAllowed,
];

const SIGNED: [Reason; 16] = [
    Reason::DigestMismatch,
    Reason::Duplicated,
    Reason::Expired,
    Reason::FutureTimestamp,
    Reason::HostNotAllowed,
    Reason::InsufficientCoverage,
    Reason::KeysUnavailable,
    Reason::Malformed,
    Reason::Mismatch,
    Reason::Missing,
    Reason::RevokedKey,
    Reason::StaleTimestamp,
    Reason::UnknownKey,
    Reason::WrongAlgorithm,
    Reason::WrongAudience,
    Reason::WrongIssuer,
];

const TOKEN: [Reason; 17] = [
    Reason::Duplicated,
    Reason::Expired,
    Reason::FutureTimestamp,
    Reason::LifeTooLong,
    Reason::Malformed,
    Reason::Mismatch,
    Reason::Missing,
    Reason::NotYetValid,
    Reason::Revoked,
    Reason::RevokedKey,
    Reason::TooLarge,
    Reason::UnknownKey,
    Reason::UnsupportedCritical,
    Reason::WrongAlgorithm,
    Reason::WrongAudience,
    Reason::WrongIssuer,
    Reason::WrongType,
];
