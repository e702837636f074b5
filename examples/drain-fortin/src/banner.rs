//! What the service says of itself on stdout when it has started.

use std::io::{self, Write};

use crate::config::Config;
use crate::policy::{API, AUTH, CRM, ORIGINS, WEBHOOK};
use crate::serve::Running;
use crate::variables::REDIS_URL;

/// Two lines that programs read, then the policy in force and how to try it. No value of a secret
/// is among it.
pub(crate) fn write(out: &mut impl Write, config: &Config, running: &Running) -> io::Result<()> {
    let Running { public, admin, .. } = running;
    writeln!(out, "listening on http://{public}")?;
    writeln!(out, "admin on http://{admin}")?;
    writeln!(out, "\nThe policy in force ({}):", config.profile)?;
    for origin in ORIGINS {
        writeln!(out, "  CORS       {origin}, with credentials")?;
    }
    writeln!(out, "  limits     webhook: {WEBHOOK}, api: {API}, auth: {AUTH}, for each client")?;
    let counted = match (config.variables.secret(REDIS_URL), config.parts()) {
        (None, _) => "by this instance".to_owned(),
        (Some(_), parts) => {
            format!(
                "by all instances, at REDIS_URL; while it is away, 1/{parts} of each by this one"
            )
        }
    };
    writeln!(out, "             counted {counted}")?;
    writeln!(out, "  webhooks   Vapi: hex HMAC-SHA256 of the body; Twilio: X-Twilio-Signature")?;
    writeln!(out, "  headers    Content-Security-Policy, X-Frame-Options: DENY, nosniff,")?;
    writeln!(
        out,
        "             Referrer-Policy: strict-origin-when-cross-origin, HSTS over https"
    )?;
    writeln!(
        out,
        "  tokens     HS256, each expires after 15 minutes; sessions end with a sign-out"
    )?;
    let keys = config.keys.display();
    writeln!(
        out,
        "  keys       {keys}: followed; read again at SIGHUP, POST http://{admin}/keys/reload"
    )?;
    writeln!(out, "  bodies     at most 1 MiB, read within 10 s; reports at most 64 KiB")?;
    writeln!(out, "  logs       on stderr, redacted; every refusal a line")?;
    if let Some(path) = config.dev_secrets() {
        let path = path.display();
        writeln!(out, "\nSecrets for development, and the password of admin@example.test: {path}")?;
        writeln!(out, "Load them into a shell with: set -a; . {path}; set +a")?;
    }
    writeln!(out, "\nTo try:")?;
    writeln!(out, "  curl -i http://{public}/healthz")?;
    writeln!(out, "  curl -i -X OPTIONS http://{public}/api/calls -H 'Origin: {CRM}' \\")?;
    writeln!(
        out,
        "    -H 'Access-Control-Request-Method: GET' -H 'Access-Control-Request-Headers: authorization'"
    )?;
    writeln!(out, "  body='{BODY}'")?;
    writeln!(out, "  curl -i http://{public}/webhooks/vapi -d \"$body\" \\")?;
    writeln!(
        out,
        "    -H \"$(printf %s \"$body\" | cargo run -qp rempart-cli -- sign --scheme vapi --secret-env VAPI_WEBHOOK_SECRET)\""
    )?;
    out.flush()
}

const BODY: &str = r#"{"message":{"type":"end-of-call-report","call":{"id":"call-1"},"summary":"Blocked drain in Laval"}}"#;
