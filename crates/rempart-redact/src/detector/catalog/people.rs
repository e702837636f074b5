//! What belongs to a person: ways to reach them, numbers that name them, where they are.
//!
//! A shape has no `\b`: the engine tries it where a word begins and takes it where one ends.

use super::{assigned, end};
use crate::detector::{Anchor, Class, Detector, Mask, Severity, Validator};

/// Between groups of digits, as they stand or as a form sends them.
macro_rules! gap {
    () => {
        r"(?:[ \-+]|%20)"
    };
}

pub(super) const DETECTORS: &[Detector] = &[
    Detector::new(
        "email",
        concat!(
            r#"(?i)[^\s@"<>(),:;\[\]\\=/?&|`{}]{1,64}(?:@|%(?:25)?40)"#,
            r"[a-z0-9\x80-\xff](?:[a-z0-9\-\x80-\xff]{0,62}\.){1,8}[a-z\x80-\xff]{2,24}"
        ),
        &["@", "%40", "%2540"],
    )
    .anchor(Anchor::Mailbox)
    .class(Class::Personal)
    .severity(Severity::Medium)
    .partial(Mask::Domain),
    Detector::new(
        "phone_e164",
        concat!(
            r"(?:\+|%(?:25)?2[Bb])[1-9](?:(?:[ .\-]|%20)?(?:\(|%28)?[0-9](?:\)|%29)?){7,14}",
            end!()
        ),
        &["+", "%2B", "%252B"],
    )
    .anchor(Anchor::Keyword)
    .class(Class::Personal)
    .severity(Severity::Medium)
    .validator(Validator::E164)
    .partial(Mask::Last4),
    Detector::shape(
        "phone_nanp",
        concat!(
            r"(?:1(?:[\-. +]|%20)?)?(?:(?:\(|%28)\d{3}(?:\)|%29)(?:[ +]|%20)?|\d{3}(?:[\-. +]|%20))",
            r"\d{3}(?:[\-. +]|%20)\d{4}"
        ),
    )
    .class(Class::Personal)
    .severity(Severity::Medium)
    .validator(Validator::Nanp)
    .partial(Mask::Last4),
    Detector::shape("credit_card", concat!(r"[2-6]\d(?:", gap!(), r"?\d){11,17}"))
        .class(Class::Personal)
        .severity(Severity::Critical)
        .validator(Validator::Card)
        .partial(Mask::Last4),
    Detector::shape("ca_sin", concat!(r"[1-79]\d{2}", gap!(), r"\d{3}", gap!(), r"\d{3}"))
        .class(Class::Personal)
        .severity(Severity::Critical)
        .validator(Validator::Luhn),
    // Nine digits in a row are too common: the name before them tells.
    Detector::new(
        "ca_sin_context",
        concat!(
            r"(?i)(?:sin|nas)(?:[_ \-]?(?:number|num|no))?",
            assigned!(),
            r"([1-79]\d{8})",
            end!()
        ),
        &["sin", "nas"],
    )
    .class(Class::Personal)
    .severity(Severity::Critical)
    .validator(Validator::Luhn),
    // Quebec's health insurance number: four letters, year, month (50 more for women), day.
    Detector::shape(
        "ramq_health_number",
        concat!(r"[A-Z]{4}", gap!(), r"?\d{2}\d{2}", gap!(), r"?\d{2}\d{2}"),
    )
    .class(Class::Personal)
    .severity(Severity::Critical)
    .validator(Validator::Ramq),
    Detector::shape("us_ssn", r"\d{3}-\d{2}-\d{4}")
        .class(Class::Personal)
        .severity(Severity::Critical)
        .validator(Validator::Ssn),
    Detector::shape(
        "iban",
        r"[A-Z]{2}\d{2}(?:(?: |\+|%20)?[A-Z0-9]{4}){2,7}(?:(?: |\+|%20)?[A-Z0-9]{1,3})?",
    )
    .class(Class::Personal)
    .severity(Severity::High)
    .validator(Validator::Iban),
    Detector::shape(
        "ca_postal_code",
        concat!(r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]", gap!(), r"?\d[ABCEGHJ-NPRSTV-Z]\d"),
    )
    .class(Class::Personal)
    .severity(Severity::Low)
    .partial(Mask::First3)
    .optional(),
    Detector::shape("ipv4", r"(?:\d{1,3}\.){3}\d{1,3}")
        .class(Class::Personal)
        .severity(Severity::Low)
        .validator(Validator::Ipv4)
        .partial(Mask::Network)
        .optional(),
    Detector::shape("ipv6", r"[0-9a-fA-F]{1,4}:[0-9a-fA-F:]{0,34}[0-9a-fA-F](?:\.\d{1,3}){0,3}")
        .class(Class::Personal)
        .severity(Severity::Low)
        .validator(Validator::Ipv6)
        .partial(Mask::Network)
        .optional(),
];
