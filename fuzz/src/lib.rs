//! The bodies of the fuzz targets: plain functions, so that the seeds are replayed without a
//! fuzzer as well. Each asserts something that must hold for any bytes at all, beyond not
//! panicking.

mod addresses;
mod bodies;
mod certificates;
mod challenges;
mod cors;
mod fields;
mod files;
mod keys;
mod messages;
mod origins;
mod quotas;
mod redaction;
mod signatures;
mod tokens;
mod variables;
mod webhooks;

/// What a target does with an input; it panics where something does not hold.
pub type Target = fn(&[u8]);

/// The targets by name; each name is a folder of seeds, and a file in `fuzz_targets/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("body_token", bodies::token),
    ("certificate", certificates::certificate),
    ("challenge", challenges::challenge),
    ("cors_request", cors::request),
    ("cors_service", cors::service),
    ("dotenv", files::dotenv),
    ("forwarded", addresses::forwarded),
    ("ip_prefix", addresses::ip_prefix),
    ("key_text", keys::key_text),
    ("limit_fields", fields::limit_fields),
    ("message_forged", messages::forged),
    ("origin", origins::origin),
    ("paypal", certificates::paypal),
    ("quota", quotas::quota),
    ("redaction", redaction::redaction),
    ("redaction_json", redaction::json),
    ("redaction_stream", redaction::stream),
    ("sfv", messages::sfv),
    ("signature_forged", signatures::forged),
    ("signature_round_trip", signatures::round_trip),
    ("signature_template", signatures::template),
    ("signed_items", bodies::items),
    ("sns", certificates::sns),
    ("twilio_form", webhooks::twilio_form),
    ("vapi_report", webhooks::vapi_report),
    ("variable_value", variables::variable_value),
    ("token", tokens::token),
    ("token_head", tokens::head),
    ("x_forwarded_for", addresses::x_forwarded_for),
];

/// Runs one target on one input.
///
/// # Panics
///
/// If there is no such target, or if something that must hold does not.
pub fn run(target: &str, data: &[u8]) {
    let (_, body) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target");
    body(data);
}
