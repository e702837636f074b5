//! The page of the last hour: right, for administrators only, and of nobody's making but ours.

mod attack;
mod seen;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use rempart_core::ManualClock;
use serde_json::json;

use crate::house::{House, bearer, post, send};

pub(crate) async fn answer(house: &House, lines: &[(&'static str, &str)]) -> Response<Vec<u8>> {
    let mut request = get("/security");
    for (name, value) in lines {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    send(house.admin(), request).await
}

pub(crate) async fn page(house: &House) -> String {
    let answer = answer(house, &[]).await;
    assert_eq!(answer.status(), 200);
    String::from_utf8(answer.into_body()).unwrap()
}

fn get(path: &str) -> Request<String> {
    Request::get(path).body(String::new()).unwrap()
}

/// The figure of the hour that stands under this name.
pub(crate) fn figure(page: &str, id: &str) -> u64 {
    value(page, &format!("id=\"{id}\" value=\"")).parse().unwrap()
}

/// Whether an alert is `quiet`, `rising` or `firing`.
pub(crate) fn state<'a>(page: &'a str, alert: &str) -> &'a str {
    value(page, &format!("data-alert=\"{alert}\" data-state=\""))
}

/// What stands between this and the next quotation mark.
fn value<'a>(page: &'a str, before: &str) -> &'a str {
    assert!(page.contains(before), "no {before} in {page}");
    page.split_once(before).unwrap().1.split_once('"').unwrap().0
}

async fn world() -> House {
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    House::open_to_the_world(clock.clone(), Arc::new(clock)).await
}

/// The sum of the series of `/metrics` that have this name and all of these labels.
async fn counted(house: &House, name: &str, labels: &[&str]) -> u64 {
    let text = send(house.admin(), get("/metrics")).await.into_body();
    let text = String::from_utf8(text).unwrap();
    let series = text.lines().filter(|line| {
        let named = line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'));
        named && labels.iter().all(|label| line.contains(label))
    });
    series.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
}

/// Real requests of every kind; how many were answered with 2xx and 3xx, 4xx, 5xx.
async fn traffic(house: &House) -> [u64; 3] {
    let mut answers = [0_u64; 3];
    let mut tally = |answer: &Response<Vec<u8>>| match answer.status().as_u16() {
        200..400 => answers[0] += 1,
        400..500 => answers[1] += 1,
        _ => answers[2] += 1,
    };
    let status = json!({ "message": { "type": "status-update" } });
    for _ in 0..4 {
        tally(&house.vapi(&status).await);
        tally(
            &house.send(post("/webhooks/vapi", HeaderMap::new(), "application/json", "{}")).await,
        );
    }
    tally(&house.twilio("MessageSid=SM00000000000000000000000000000001&Body=made-up").await);
    let login = house.login("admin@example.test", crate::house::PASSWORD).await;
    tally(&login);
    let token = bearer(&crate::house::Pair::of(&login).access);
    for password in ["made-up-1", "made-up-2"] {
        tally(&house.login("admin@example.test", password).await);
    }
    for authorization in ["Bearer made-up", token.as_str(), token.as_str()] {
        let request = Request::get("/api/calls").header("authorization", authorization);
        tally(&house.send(request.body(String::new()).unwrap()).await);
    }
    tally(&house.send(get("/api/leads")).await);
    for (origin, times) in [("https://evil.example", 30), ("https://drain-fortin-crm.com", 20)] {
        for nth in 0..times {
            let request = Request::get("/made-up").header("origin", origin);
            let request = request.header("x-forwarded-for", format!("203.0.113.{nth}"));
            tally(&house.send(request.body(String::new()).unwrap()).await);
        }
    }
    for _ in 0..110 {
        let request = Request::get("/").header("x-forwarded-for", "198.51.100.7");
        tally(&house.send(request.body(String::new()).unwrap()).await);
    }
    tally(&house.send(get("/healthz")).await);
    let by_proxy = get("/keys");
    let (mut parts, body) = by_proxy.into_parts();
    parts.headers.insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
    for _ in 0..2 {
        send(house.admin(), Request::from_parts(parts.clone(), body.clone())).await;
    }
    answers
}

#[tokio::test]
async fn the_figures_are_those_of_what_was_asked_and_of_the_metrics() {
    let house = world().await;
    let [served, refused, failed] = traffic(&house).await;
    let page = page(&house).await;
    assert_eq!(figure(&page, "requests-served"), served);
    assert_eq!(figure(&page, "requests-refused"), refused);
    assert_eq!(figure(&page, "requests-failed"), failed);
    let rejected = r#"outcome="rejected""#;
    let allowed = r#"outcome="allowed""#;
    #[rustfmt::skip]
    let rows = [
        ("authentications-tokens",     4,   "auth_requests_total",                vec![rejected]),
        ("authentications-signatures", 4,   "signature_verifications_total",      vec![rejected]),
        ("authentications-admin",      2,   "admin_requests_total",               vec![rejected]),
        ("cors-refused",               30,  "cors_requests_total",                vec![rejected]),
        ("cors-through",                20,  "cors_requests_total",                vec![allowed]),
        ("limits-page-served",         100, "rate_limit_requests_total",          vec![r#"policy="page""#, allowed]),
        ("limits-page-refused",        10,  "rate_limit_requests_total",          vec![r#"policy="page""#, rejected]),
        ("limits-webhook-served",      9,   "rate_limit_requests_total",          vec![r#"policy="webhook""#, allowed]),
        ("limits-auth-served",         3,   "rate_limit_requests_total",          vec![r#"policy="auth""#, allowed]),
        ("limits-auth-refused",        0,   "rate_limit_requests_total",          vec![r#"policy="auth""#, rejected]),
        ("limits-api-served",          4,   "rate_limit_requests_total",          vec![r#"policy="api""#, allowed]),
        ("limits-unmatched-served",    50,  "rate_limit_requests_total",          vec![r#"policy="unmatched""#, allowed]),
        ("limits-reports-served",      0,   "rate_limit_requests_total",          vec![r#"policy="reports""#]),
    ];
    for (id, sent, name, labels) in rows {
        assert_eq!(figure(&page, id), sent, "{id}");
        assert_eq!(
            counted(&house, &format!("rempart_{name}"), &labels).await,
            sent,
            "{name} {labels:?}"
        );
    }
    let timed = counted(&house, "rempart_signature_verification_duration_seconds_count", &[]).await;
    assert_eq!(timed, 9);
    assert!(page.contains("In the last hour 9 signatures took "), "{page}");
    assert!(page.contains("1 of them bore no token at all."), "{page}");
    house.close().await;
}

#[tokio::test]
async fn what_is_an_hour_old_is_gone_and_the_rest_is_where_it_happened() {
    let house = world().await;
    let ask = || house.send(get("/healthz"));
    ask().await;
    house.clock.advance(Duration::from_secs(30 * 60));
    for _ in 0..3 {
        ask().await;
    }
    let now = page(&house).await;
    assert_eq!(figure(&now, "requests-served"), 4);
    // The minutes before the start are not told to have been empty.
    assert!(now.contains("<title>08:00: 1 served, 0 refused, 0 failed</title>"), "{now}");
    assert!(now.contains("<title>08:30: 3 served, 0 refused, 0 failed</title>"));
    assert!(!now.contains("<title>07:59: "));
    assert!(now.contains("not running yet"));
    assert!(now.contains("as of <time id=\"asof\">08:30:00</time> UTC"));
    house.clock.advance(Duration::from_secs(30 * 60));
    let later = page(&house).await;
    assert_eq!(figure(&later, "requests-served"), 3);
    assert!(!later.contains("not running yet"));
    house.close().await;
}

/// What no limit counts has no client there.
#[tokio::test]
async fn a_flood_that_meets_no_limit_is_not_told_to_be_none() {
    let house = world().await;
    for _ in 0..50 {
        house.send(get("/healthz")).await;
    }
    let page = page(&house).await;
    assert_eq!(figure(&page, "requests-served"), 50);
    let card = page.split_once("id=\"clients\"").unwrap().1.split_once("</section>").unwrap().0;
    assert!(card.contains("No client has met a limit in the last ten seconds."), "{card}");
    house.close().await;
}

#[tokio::test]
async fn an_attack_is_seen_as_it_happens() {
    let house = world().await;
    let quiet = page(&house).await;
    assert!(quiet.contains("<strong id=\"state\">All quiet</strong>"), "{quiet}");
    assert!(quiet.contains("<title>All quiet – Drain Fortin, security</title>"));
    assert!(quiet.contains("Nothing has been refused since the start."));
    let mut seen = Vec::new();
    for slot in 0..13_u8 {
        for nth in 0..21 {
            let from = format!("203.0.{}.{nth}", slot + 1);
            let request = Request::get("/api/calls").header("authorization", "Bearer made-up");
            let request = request.header("x-forwarded-for", from).body(String::new()).unwrap();
            assert_eq!(house.send(request).await.status(), 401);
        }
        let now = page(&house).await;
        assert_eq!(figure(&now, "authentications-tokens"), 21 * (u64::from(slot) + 1));
        seen.push(state(&now, "InvalidTokens").to_owned());
        house.clock.advance(Duration::from_secs(10));
    }
    let mut want = vec!["rising"; 12];
    want.push("firing");
    assert_eq!(seen, want);
    let now = page(&house).await;
    assert!(now.contains("<title>1 alert firing – "), "{now}");
    assert!(now.contains("ops/runbook.md#invalidtokens"));
    assert!(
        now.contains("<th scope=\"row\">auth.failed</th><td>malformed</td><td>203.0.13.20</td>")
    );
    house.close().await;
}

#[tokio::test]
async fn is_for_administrators_and_programs_on_this_machine() {
    let house = House::open().await;
    let admin = bearer(&house.token().await);
    let by_proxy = ("x-forwarded-for", "192.0.2.1");
    #[rustfmt::skip]
    let rows: [(&[(&'static str, &str)], u16); 8] = [
        (&[],                                                              200),
        (&[("sec-fetch-site", "none")],                                    200),
        // The page asking for itself again.
        (&[("sec-fetch-site", "same-origin")],                             200),
        (&[("sec-fetch-site", "cross-site")],                              401),
        (&[("host", "rebound.example:9090")],                              401),
        (&[by_proxy],                                                      401),
        (&[by_proxy, ("authorization", "Bearer made-up")],                 401),
        (&[by_proxy, ("authorization", admin.as_str())],                   200),
    ];
    for (lines, status) in rows {
        house.wait();
        let answer = answer(&house, lines).await;
        assert_eq!(answer.status(), status, "{lines:?}");
        let shown = String::from_utf8_lossy(answer.body()).contains("id=\"live\"");
        assert_eq!(shown, status == 200, "{lines:?}");
    }
    let public = house.send(get("/security")).await;
    assert_eq!(public.status(), 404);
    house.close().await;
}

#[tokio::test]
async fn runs_its_own_script_and_loads_nothing() {
    let house = House::open().await;
    let answer = answer(&house, &[]).await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let policy = header("content-security-policy");
    let (_, nonce) = policy.split_once("'nonce-").unwrap();
    let nonce = nonce.split_once('\'').unwrap().0.to_owned();
    let mut directives: Vec<_> = policy.split("; ").map(|one| one.replace(&nonce, "…")).collect();
    directives.sort_unstable();
    let want = [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "script-src 'nonce-…'",
        "style-src 'nonce-…'",
    ];
    assert_eq!(directives, want);
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-frame-options"), "DENY");
    let page = String::from_utf8(answer.into_body()).unwrap();
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    assert_eq!(page.matches(&format!(" nonce=\"{nonce}\"")).count(), 2);
    for forbidden in [
        " style=\"",
        " onclick=",
        " src=",
        "innerHTML",
        "insertAdjacentHTML",
        "eval(",
        "@import",
        "localStorage",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // Without a script it is loaded anew as a whole.
    assert!(page.contains("<noscript><meta http-equiv=\"refresh\" content=\"10\">"));
    house.close().await;
}

#[tokio::test]
async fn nothing_that_a_client_made_up_is_on_it() {
    let house = world().await;
    let hostile = "xyzzy'><script>alert(1)</script>";
    let encoded = "xyzzy%27%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let request = |path: &str| Request::get(path).header("x-forwarded-for", hostile);
    for path in
        [format!("/{encoded}"), format!("/api/calls/{encoded}?{encoded}"), "/api/calls".into()]
    {
        let request = request(&path)
            .header("authorization", format!("Bearer {hostile}"))
            .header("origin", format!("https://{hostile}"))
            .header("user-agent", hostile)
            .header("referer", hostile)
            .header("x-request-id", hostile)
            .header("forwarded", hostile);
        house.send(request.body(String::new()).unwrap()).await;
    }
    let method = Request::builder().method("XYZZY").uri("/").body(String::new()).unwrap();
    house.send(method).await;
    let preflight = Request::options("/api/calls")
        .header("origin", "https://xyzzy.example")
        .header("access-control-request-method", "XYZZY")
        .header("access-control-request-headers", "xyzzy")
        .body(String::new());
    house.send(preflight.unwrap()).await;
    house.login(hostile, hostile).await;
    let mut signed = HeaderMap::new();
    signed.insert("x-vapi-signature", hostile.parse().unwrap());
    house.send(post("/webhooks/vapi", signed, "application/json", hostile)).await;
    let csp = json!({ "csp-report": { "document-uri": hostile, "blocked-uri": hostile } });
    let kind = "application/csp-report";
    house.send(post("/reports", HeaderMap::new(), kind, &csp.to_string())).await;
    let page = page(&house).await;
    // All of it was counted, and none of it is told.
    assert!(figure(&page, "authentications-tokens") >= 2, "{page}");
    assert!(figure(&page, "authentications-signatures") == 1);
    assert!(figure(&page, "cors-refused") >= 2);
    assert!(!page.to_lowercase().contains("xyzzy"), "{page}");
    assert_eq!(page.matches("<script").count(), 1);
    house.close().await;
}

#[tokio::test]
async fn every_plot_is_told_in_words_and_in_a_table() {
    let house = world().await;
    traffic(&house).await;
    let page = page(&house).await;
    for id in ["requests", "authentications", "cors", "latency"] {
        let labelled = format!("role=\"img\" aria-labelledby=\"{id}-title {id}-said\"");
        assert!(page.contains(&labelled), "{id}");
        assert!(page.contains(&format!("<title id=\"{id}-title\">")), "{id}");
        assert!(page.contains(&format!("<desc id=\"{id}-said\">In the last hour ")), "{id}");
        let (_, table) = page.split_once(&format!("<details id=\"{id}-figures\">")).unwrap();
        let (table, _) = table.split_once("</details>").unwrap();
        assert_eq!(table.matches("<tr>").count(), 14, "{id}: {table}");
    }
    // Whatever is drawn has a name beside it, and no name is given twice.
    let mut ids: Vec<_> =
        page.split(" id=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert!(page.len() < 128 * 1024, "{} bytes", page.len());
    house.close().await;
}
