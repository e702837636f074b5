//! Telephony, payment, mail, models: the keys of services that are called.

use super::{assigned, end};
use crate::detector::{Anchor, Class, Detector, Mask, Severity};

pub(super) const DETECTORS: &[Detector] = &[
    // A Vapi key is a bare UUID: only the name before it tells.
    Detector::new(
        "vapi_api_key",
        concat!(
            r"(?i)vapi[a-z0-9_.\- ]{0,30}",
            assigned!(),
            r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
            end!()
        ),
        &["vapi"],
    )
    .anchor(Anchor::Keyword),
    Detector::new(
        "vapi_secret_header",
        concat!(r"(?i)x-vapi-(?:secret|signature)", assigned!(), r#"([^\s"'\\,;]{4,})"#),
        &["x-vapi-s"],
    )
    .anchor(Anchor::Keyword),
    // 32 hexadecimal digits are anything: the name before them tells.
    Detector::new(
        "twilio_auth_token",
        concat!(
            r"(?i)(?:twilio|auth[_-]?token)[a-z0-9_.\- ]{0,30}",
            assigned!(),
            r"([0-9a-f]{32})",
            end!()
        ),
        &["twilio", "auth_token", "auth-token", "authtoken"],
    )
    .anchor(Anchor::Keyword),
    Detector::new("twilio_api_key_sid", concat!(r"SK[0-9a-fA-F]{32}", end!()), &["SK"])
        .severity(Severity::High),
    // In the body and the path of every webhook: worth a pseudonym.
    Detector::new("twilio_account_sid", concat!(r"AC[0-9a-fA-F]{32}", end!()), &["AC"])
        .class(Class::Identifier)
        .severity(Severity::Medium)
        .mask(Mask::Pseudonym)
        .partial(Mask::Pseudonym),
    Detector::new(
        "twilio_resource_sid",
        concat!(r"(?:CA|SM|MM|RE|PN|MG|VA|CF|CH|IS|US|TR)[0-9a-f]{32}", end!()),
        &["CA", "SM", "MM", "RE", "PN", "MG", "VA", "CF", "CH", "IS", "US", "TR"],
    )
    .class(Class::Identifier)
    .severity(Severity::Low)
    .mask(Mask::Pseudonym)
    .partial(Mask::Pseudonym)
    .optional(),
    Detector::new(
        "stripe_secret_key",
        concat!(r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}", end!()),
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
    ),
    Detector::new(
        "stripe_publishable_key",
        concat!(r"pk_(?:live|test)_[A-Za-z0-9]{10,}", end!()),
        &["pk_live_", "pk_test_"],
    )
    .class(Class::Public)
    .severity(Severity::Low)
    .mask(Mask::Prefix)
    .partial(Mask::Prefix),
    Detector::new("webhook_signing_secret", r"whsec_[A-Za-z0-9+/_-]{24,}={0,2}", &["whsec_"]),
    Detector::new(
        "slack_token",
        r"(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}",
        &["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
    ),
    Detector::new(
        "slack_webhook_url",
        concat!(
            r"hooks\.slack\.com(?:/|%2[Ff])(?:services|workflows|triggers)(?:/|%2[Ff])",
            r"([A-Za-z0-9/_+%\-]{20,})"
        ),
        &["hooks.slack.com"],
    )
    .anchor(Anchor::Keyword)
    .severity(Severity::High),
    Detector::new("anthropic_api_key", r"sk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_-]{20,}", &["sk-ant-"]),
    Detector::new(
        "openai_api_key",
        concat!(
            r"sk-(?:(?:proj|svcacct|service|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{40,}",
            end!(),
            ")"
        ),
        &["sk-"],
    ),
    Detector::new("elevenlabs_api_key", concat!(r"sk_[0-9a-f]{48}", end!()), &["sk_"]),
    Detector::new(
        "deepgram_api_key",
        concat!(
            r"(?i)(?:deepgram[a-z0-9_.\- ]{0,30}",
            assigned!(),
            r"|authorization",
            assigned!(),
            r"token\s{1,3})([0-9a-f]{40})",
            end!()
        ),
        &["deepgram", "authorization"],
    )
    .anchor(Anchor::Keyword),
    Detector::new("sendgrid_api_key", r"SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,}", &["SG."]),
    // The older form says `key-`; the newer one is only told by the name close before it.
    Detector::new(
        "mailgun_api_key",
        concat!(
            r"(?:(?i:mailgun)[^\r\n]{0,64}?(?:\b|%20))?",
            r"(key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})",
            end!()
        ),
        &["key-", "mailgun"],
    ),
    Detector::new("huggingface_token", concat!(r"hf_[A-Za-z0-9]{30,}", end!()), &["hf_"])
        .severity(Severity::High),
];
