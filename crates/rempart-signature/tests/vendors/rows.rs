use rempart_signature::Scheme;

/// A scheme whose vendor publishes a verifier.
pub(crate) struct Row {
    pub(crate) scheme: fn() -> Scheme,
    /// `node/FILE` of `testing/oracles/node/libraries`, or `python/FUNCTION` of its `oracle.py`.
    pub(crate) libraries: &'static [&'static str],
    pub(crate) content: Content,
    /// How old a request may be for ours and theirs, in seconds.
    pub(crate) past: u64,
}

impl Row {
    pub(crate) fn name(&self) -> &'static str {
        self.libraries[0]
    }
}

/// What a vendor's bodies are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// JSON as JavaScript writes it, with an event in it.
    Event,
    /// JSON.
    Json,
    /// Forms, JSON under a digest in the URL, and nothing at all: what Twilio signs.
    Signed,
}

use Content::{Event, Json, Signed};

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    Row { scheme: Scheme::box_com,           content: Json,   past: 600,  libraries: &["node/box", "python/box"] },
    Row { scheme: Scheme::convoy,            content: Json,   past: 0,    libraries: &["python/convoy"] },
    Row { scheme: Scheme::crisp,             content: Event,  past: 300,  libraries: &["node/crisp"] },
    Row { scheme: Scheme::discord,           content: Json,   past: 300,  libraries: &["node/discord", "python/discord_interactions"] },
    Row { scheme: Scheme::elevenlabs,        content: Json,   past: 1800, libraries: &["node/elevenlabs"] },
    Row { scheme: Scheme::github,            content: Json,   past: 0,    libraries: &["node/octokit"] },
    Row { scheme: Scheme::hook0,             content: Json,   past: 300,  libraries: &["node/hook0", "python/hook0"] },
    Row { scheme: Scheme::hookdeck,          content: Json,   past: 0,    libraries: &["node/hookdeck"] },
    Row { scheme: Scheme::hubspot,           content: Json,   past: 299,  libraries: &["node/hubspot", "python/hubspot"] },
    Row { scheme: Scheme::linear,            content: Json,   past: 60,   libraries: &["node/linear"] },
    Row { scheme: Scheme::notion,            content: Json,   past: 0,    libraries: &["node/notion"] },
    Row { scheme: Scheme::paddle,            content: Json,   past: 5,    libraries: &["node/paddle"] },
    Row { scheme: Scheme::razorpay,          content: Json,   past: 0,    libraries: &["node/razorpay", "python/razorpay"] },
    Row { scheme: Scheme::retell,            content: Json,   past: 300,  libraries: &["node/retell"] },
    Row { scheme: Scheme::sendgrid,          content: Json,   past: 300,  libraries: &["node/sendgrid"] },
    Row { scheme: Scheme::shopify,           content: Json,   past: 0,    libraries: &["node/shopify"] },
    Row { scheme: Scheme::slack,             content: Json,   past: 300,  libraries: &["node/bolt", "python/slack_sdk"] },
    Row { scheme: Scheme::square,            content: Json,   past: 0,    libraries: &["node/square"] },
    Row { scheme: Scheme::standard_webhooks, content: Json,   past: 300,  libraries: &["node/standardwebhooks", "python/standardwebhooks"] },
    Row { scheme: Scheme::stripe,            content: Json,   past: 300,  libraries: &["node/stripe", "python/stripe"] },
    Row { scheme: Scheme::supabase_auth,     content: Json,   past: 300,  libraries: &["node/supabase"] },
    Row { scheme: Scheme::svix,              content: Json,   past: 300,  libraries: &["node/svix", "python/svix"] },
    Row { scheme: Scheme::telnyx,            content: Json,   past: 300,  libraries: &["node/telnyx"] },
    Row { scheme: Scheme::twilio,            content: Signed, past: 0,    libraries: &["node/twilio", "python/twilio"] },
    Row { scheme: Scheme::webflow,           content: Json,   past: 300,  libraries: &["node/webflow"] },
    Row { scheme: Scheme::workos,            content: Json,   past: 180,  libraries: &["node/workos"] },
    Row { scheme: Scheme::zoom,              content: Event,  past: 300,  libraries: &["node/zoom"] },
];
