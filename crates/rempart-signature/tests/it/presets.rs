//! What each preset is, as its sender documents it, and what it makes of a request.

use std::fmt::Write;

use rempart_core::{ManualClock, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Coverage, Scheme, TimeUnit, Timestamp};
use rempart_testing::Script;

use crate::support::{NOW, builder, id, post, secret_for, send, signed_with};

/// Name, where the signature stands, what is signed; the time's unit, how far back and how far ahead
/// it may lie, in seconds; the limit of a body in KiB.
#[rustfmt::skip]
const TABLE: &str = "
asana                x-hook-signature                     {body}                                                     -        -     -   1024
bitbucket            x-hub-signature                      {body}                                                     -        -     -   1024
box                  box-signature-primary                {body}{timestamp}                                          rfc3339  600   60  1024
calendly             calendly-webhook-signature           {timestamp}.{body}                                         seconds  300   60  1024
chargebee            authorization                        -                                                          -        -     -   1024
chatwoot             x-chatwoot-signature                 {timestamp}.{body}                                         seconds  300   60  1024
cloudflare           cf-webhook-auth                      -                                                          -        -     -   1024
convoy               x-convoy-signature                   {body}                                                     -        -     -   1024
convoy-advanced      x-convoy-signature                   {timestamp},{body}                                         seconds  300   60  1024
crisp                x-crisp-signature                    [{timestamp};{body}]                                       millis   300   60  1024
customer-io          x-cio-signature                      v0:{timestamp}:{body}                                      seconds  300   60  1024
docusign             x-docusign-signature-1               {body}                                                     -        -     -   1024
dropbox              x-dropbox-signature                  {body}                                                     -        -     -   1024
elevenlabs           elevenlabs-signature                 {timestamp}.{body}                                         seconds  1800  60  1024
front                x-front-signature                    {timestamp}:{body}                                         auto     300   60  1024
gitea                x-gitea-signature                    {body}                                                     -        -     -   1024
github               x-hub-signature-256                  {body}                                                     -        -     -   25600
gitlab               x-gitlab-token                       -                                                          -        -     -   1024
hook0                x-hook0-signature                    {timestamp}.{header-names}.{header-values}.{body}          seconds  300   60  1024
hookdeck             x-hookdeck-signature                 {body}                                                     -        -     -   1024
hubspot              x-hubspot-signature-v3               {method}{url}{body}{timestamp}                             millis   300   60  1024
intercom             x-hub-signature                      {body}                                                     -        -     -   1024
linear               linear-signature                     {body}                                                     millis   60    60  1024
mailgun              -                                    {timestamp}{id}                                            seconds  300   60  1024
meta                 x-hub-signature-256                  {body}                                                     -        -     -   1024
notion               x-notion-signature                   {body}                                                     -        -     -   1024
paddle               paddle-signature                     {timestamp}:{body}                                         seconds  5     5   1024
paystack             x-paystack-signature                 {body}                                                     -        -     -   1024
postmark             authorization                        -                                                          -        -     -   1024
razorpay             x-razorpay-signature                 {body}                                                     -        -     -   1024
retell               x-retell-signature                   {body}{timestamp}                                          millis   300   60  1024
segment              x-signature                          {body}                                                     -        -     -   1024
sentry               sentry-hook-signature                {body}                                                     -        -     -   1024
shopify              x-shopify-hmac-sha256                {body}                                                     -        -     -   1024
slack                x-slack-signature                    v0:{timestamp}:{body}                                      seconds  300   60  1024
square               x-square-hmacsha256-signature        {url}{body}                                                -        -     -   1024
standard-webhooks    webhook-signature                    {id}.{timestamp}.{body}                                    seconds  300   300 1024
stripe               stripe-signature                     {timestamp}.{body}                                         seconds  300   60  1024
supabase-auth        webhook-signature                    {id}.{timestamp}.{body}                                    seconds  300   300 1024
svix                 svix-signature                       {id}.{timestamp}.{body}                                    seconds  300   300 1024
telegram             x-telegram-bot-api-secret-token      -                                                          -        -     -   1024
tiktok               tiktok-signature                     {timestamp}.{body}                                         seconds  300   60  1024
twilio               x-twilio-signature                   {url}{form}                                                -        -     -   64
twitch               twitch-eventsub-message-signature    {id}{timestamp}{body}                                      rfc3339  600   60  1024
typeform             typeform-signature                   {body}                                                     -        -     -   1024
vapi                 x-vapi-signature                     {body}                                                     -        -     -   1024
vapi-bearer          authorization                        -                                                          -        -     -   1024
vapi-secret          x-vapi-secret                        -                                                          -        -     -   1024
vapi-timestamped     x-signature                          {timestamp}.{body}                                         auto     300   60  1024
vercel               x-vercel-signature                   {body}                                                     -        -     -   1024
webflow              x-webflow-signature                  {timestamp}:{body}                                         millis   300   60  1024
woocommerce          x-wc-webhook-signature               {body}                                                     -        -     -   1024
workos               workos-signature                     {timestamp}.{body}                                         millis   180   60  1024
zendesk              x-zendesk-webhook-signature          {timestamp}{body}                                          rfc3339  300   60  1024
zoom                 x-zm-signature                       v0:{timestamp}:{body}                                      seconds  300   60  1024
";

/// Those with public keys have tests of their own.
fn symmetric() -> impl Iterator<Item = Scheme> {
    Scheme::presets().filter(|scheme| scheme.algorithm().is_mac())
}

fn unit(time: &Timestamp) -> &'static str {
    match time.counts() {
        TimeUnit::Auto => "auto",
        TimeUnit::Millis => "millis",
        TimeUnit::Rfc3339 => "rfc3339",
        _ => "seconds",
    }
}

fn row(scheme: &Scheme) -> Vec<String> {
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let time = scheme.timestamp().map(|time| {
        let window = time.accepted();
        [
            unit(time).to_owned(),
            window.past().as_secs().to_string(),
            window.future().as_secs().to_string(),
        ]
    });
    let mut row = vec![
        scheme.name().to_owned(),
        or_dash(scheme.header().map(ToString::to_string).unwrap_or_default()),
        or_dash(scheme.template().to_string()),
    ];
    row.extend(time.unwrap_or_else(|| ["-", "-", "-"].map(str::to_owned)));
    row.push((scheme.body_limit() / 1024).to_string());
    row
}

#[test]
fn presets_are_as_their_senders_document_them() {
    let rows =
        TABLE.trim().lines().map(|line| line.split_whitespace().map(str::to_owned).collect());
    let rows: Vec<Vec<String>> = rows.collect();
    let presets: Vec<_> = symmetric().map(|scheme| row(&scheme)).collect();
    assert_eq!(presets, rows);
    assert!(presets.len() >= 50);
}

#[test]
fn each_prints_what_an_operator_asks_of_it() {
    let mut seen = std::collections::HashSet::new();
    for scheme in Scheme::presets() {
        let printed = scheme.to_string();
        let mut lines = printed.lines();
        assert_eq!(lines.next(), Some(scheme.name()));
        let lines: Vec<_> = lines.collect();
        assert!(lines.iter().all(|line| line.starts_with("  ") && line.len() < 480), "{printed}");
        let covers = lines.iter().find(|line| line.starts_with("  covers ")).unwrap();
        assert_eq!(covers.contains("covers the body"), scheme.coverage() == Coverage::Body);
        assert!(
            seen.insert(lines.concat())
                || scheme.name() == "chargebee"
                || scheme.name() == "postmark"
        );
    }
    let mut docusign = String::from("docusign\n  signs {body}\n");
    docusign +=
        "  with hmac-sha256, the key as text of at least 16 bytes\n  in x-docusign-signature-1";
    (2..=16).for_each(|n| write!(docusign, " or x-docusign-signature-{n}").unwrap());
    docusign += ", Base64\n  covers the body, of at most 1048576 bytes";
    assert_eq!(Scheme::docusign().to_string(), docusign);
    assert_eq!(
        Scheme::mailgun().to_string(),
        "mailgun
  signs {timestamp}{id}
  with hmac-sha256, the key as text of at least 16 bytes
  in the member `signature.signature` of the body, lower-case hexadecimal
  time in the member `signature.timestamp` of the body, seconds, 300s back and 60s ahead
  id in the member `signature.token` of the body
  covers some fields and not the body, of at most 1048576 bytes"
    );
    assert_eq!(
        Scheme::postmark().to_string(),
        "postmark
  sends the secret itself as a user's name and password of at least 16 bytes
  in authorization, after `Basic `
  covers nothing, not the body either, of at most 1048576 bytes"
    );
}

/// Through the layer: what is good is let in, what lacks a header is refused before its body is read.
#[tokio::test]
async fn each_lets_in_what_its_sender_signs_and_nothing_that_lacks_a_header() {
    let clock = ManualClock::at(NOW);
    let body: &[u8] = br#"{"webhookTimestamp":1700000000000}"#;
    // A form and a signature in the body have tests of their own.
    let presets = symmetric().filter(|scheme| !["mailgun", "twilio"].contains(&scheme.name()));
    for scheme in presets {
        let name = scheme.name().to_owned();
        let ring = KeyRing::single(id("current"), Secret::new(secret_for(&scheme)).unwrap());
        let policy = builder(scheme.clone(), &clock)
            .keys(ring)
            .public_url("https://api.example.test".parse().unwrap())
            .dangerously_accept_coverage(Coverage::None)
            .build()
            .unwrap();
        let headers = signed_with(&scheme, secret_for(&scheme), body);
        let outcome = send(policy.clone(), post(headers.clone(), Script::new().data(body))).await;
        assert_eq!(outcome.reason(), None, "{name}");
        assert_eq!(outcome.verified().scheme(), name);
        for header in headers.keys() {
            let unsigned_id =
                scheme.id() == Some(header) && !scheme.template().to_string().contains("{id}");
            if unsigned_id {
                continue;
            }
            let mut less = headers.clone();
            less.remove(header);
            let outcome = send(policy.clone(), post(less, Script::new().data(body))).await;
            assert_eq!(
                (outcome.reason(), outcome.polls),
                (Some(Reason::Missing), 0),
                "{name}, {header}"
            );
            let mut twice = headers.clone();
            twice.append(header.clone(), headers[header].clone());
            let outcome = send(policy.clone(), post(twice, Script::new().data(body))).await;
            assert_eq!(
                (outcome.reason(), outcome.polls),
                (Some(Reason::Duplicated), 0),
                "{name}, {header}"
            );
        }
    }
}
