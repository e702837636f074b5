//! The page in a real browser, while it happens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use rempart_core::ManualClock;
use serde_json::Value;

use super::attack::{Working, attack, calm};
use super::page;
use crate::browser::Browser;
use crate::house::{House, send};

/// Asks for the page again, as the page does every few seconds, and waits until it is there.
const ANEW: &str = "new Promise((done) => {
    const old = document.getElementById('live');
    const watch = new MutationObserver(() => {
        if (document.getElementById('live') !== old) { watch.disconnect(); done(true); }
    });
    watch.observe(document.body, { childList: true, subtree: true });
    document.dispatchEvent(new Event('visibilitychange'));
})";

/// How often the page asks when it is hidden: just now asked, and half a minute later.
const HIDDEN: &str = "(() => {
    const send = XMLHttpRequest.prototype.send;
    const now = performance.now.bind(performance);
    let asked = 0;
    XMLHttpRequest.prototype.send = function () { asked += 1; return send.call(this); };
    Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
    const counts = [0, 31000].map((later) => {
        performance.now = () => now() + later;
        document.dispatchEvent(new Event('visibilitychange'));
        return asked;
    });
    XMLHttpRequest.prototype.send = send;
    delete document.hidden;
    delete performance.now;
    return counts;
})()";

/// Every figure of the page, by its name.
const FIGURES: &str = "Object.fromEntries(
    [...document.querySelectorAll('data[id]')].map((one) => [one.id, one.value]))";

/// The states of all alerts, by their names.
const STATES: &str = "Object.fromEntries(
    [...document.querySelectorAll('[data-alert]')].map((one) => [one.dataset.alert, one.dataset.state]))";

/// How much taller than nothing each series of a plot is in its last minute, in pixels: what is
/// seen, not what is said.
const BARS: &str = "Object.fromEntries(
    [...document.querySelectorAll('.canvas path')].filter((one) => one.getBBox().height > 0)
        .map((one) => [one.closest('section').id + ' ' + one.getAttribute('class'),
                       one.getBoundingClientRect().height]))";

/// What sticks out of the window, or of its card.
const WIDE: &str = "[document.documentElement, ...document.querySelectorAll('main *')]
    .filter((one) => !one.closest('.unseen') && !one.closest('.refusals thead'))
    .filter((one) => {
        const card = one.closest('.card');
        const padding = card ? parseFloat(getComputedStyle(card).paddingRight) : 0;
        const end = card && card !== one ? card.getBoundingClientRect().right - padding : innerWidth;
        return one.getBoundingClientRect().right > end + 0.5;
    })
    .map((one) => one.outerHTML.slice(0, 120))";

/// `SECURITY_PICTURES` names a folder to leave the pictures in, to be looked at.
fn keep(picture: &[u8], name: &str) {
    assert!(picture.starts_with(b"\x89PNG"), "{name}");
    if let Some(folder) = std::env::var_os("SECURITY_PICTURES") {
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs chromium"]
async fn a_browser_shows_an_attack_as_it_happens() {
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let told = Arc::new(Working::new(clock.clone()));
    let house = House::open_to_the_world(clock, told).await;
    let url = format!("http://{}/security", house.admin());
    let mut browser = Browser::start();
    complains_of_what_is_blocked(&mut browser);

    browser.size(1280, 900, "light");
    browser.open(&url);
    keep(&browser.picture(), "empty-1280");
    assert_eq!(browser.evaluate("document.title"), "All quiet – Drain Fortin, security");
    browser.size(360, 740, "dark");
    keep(&browser.picture(), "empty-360-dark");

    calm(&house).await;
    assert_eq!(browser.evaluate(ANEW), true);
    keep(&browser.picture(), "calm-360-dark");
    browser.size(1280, 900, "light");
    keep(&browser.picture(), "calm-1280");
    let open = "document.getElementById('requests-figures').open = true";
    browser.evaluate(open);

    attack(&house).await;
    // The page that is open shows it without being loaded anew, and what was opened stays so.
    assert_eq!(browser.evaluate(ANEW), true);
    let states = browser.evaluate(STATES);
    for alert in
        ["AbnormalClient", "AdminAccessDenied", "InvalidTokens", "WebhookSignatureFailures"]
    {
        assert_eq!(states[alert], "firing", "{states}");
    }
    assert!(browser.evaluate("document.title").as_str().unwrap().contains("alerts firing"));
    assert_eq!(browser.evaluate("document.getElementById('requests-figures').open"), true);
    browser.evaluate("document.getElementById('requests-figures').open = false");

    is_right(&house, &mut browser).await;
    for width in [360, 1280] {
        for scheme in ["light", "dark"] {
            browser.size(width, 900, scheme);
            assert_eq!(browser.evaluate(WIDE), serde_json::json!([]), "at {width} px");
            keep(&browser.picture(), &format!("attack-{width}-{scheme}"));
        }
    }
    // The title of a tab that nobody looks at goes on, more slowly.
    assert_eq!(browser.evaluate(ANEW), true);
    assert_eq!(browser.evaluate(HIDDEN), serde_json::json!([0, 1]));
    let mut complaints = browser.complaints();
    // Which this browser was built without on this system.
    complaints.retain(|said| !said.contains("Unrecognized feature: 'bluetooth'"));
    assert_eq!(complaints, Vec::<String>::new());

    // A page that is out of date says so.
    house.close().await;
    let stale = "new Promise((done) => {
        new MutationObserver(() => done(document.getElementById('beat').textContent))
            .observe(document.getElementById('beat'), { childList: true });
        document.dispatchEvent(new Event('visibilitychange'));
    })";
    let words = browser.evaluate(stale);
    assert!(
        words.as_str().unwrap().starts_with("The service does not answer. What you see is of ")
    );
    keep(&browser.picture(), "stale-1280-dark");
}

/// What the browser reads back is what the service counted, and what it drew is as tall.
async fn is_right(house: &House, browser: &mut Browser) {
    let figures = browser.evaluate(FIGURES);
    let served = page(house).await;
    let read = figures.as_object().unwrap();
    assert!(read.len() > 20, "{figures}");
    for (id, value) in read {
        let told = format!("id=\"{id}\" value=\"{}\"", value.as_str().unwrap());
        assert!(served.contains(&told), "{told}");
    }
    let metrics = Request::get("/metrics").body(String::new()).unwrap();
    let metrics = String::from_utf8(send(house.admin(), metrics).await.into_body()).unwrap();
    let counted = |name: &str, label: &str| -> u64 {
        let lines = metrics.lines().filter(|line| line.starts_with(name) && line.contains(label));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
    };
    let shown = |id: &str| -> u64 { figures[id].as_str().unwrap().parse().unwrap() };
    let rejected = "outcome=\"rejected\"";
    for (id, name) in [
        ("authentications-tokens", "rempart_auth_requests_total"),
        ("authentications-signatures", "rempart_signature_verifications_total"),
        ("authentications-admin", "rempart_admin_requests_total"),
        ("cors-refused", "rempart_cors_requests_total"),
    ] {
        assert_eq!(shown(id), counted(name, rejected), "{id}");
        assert!(shown(id) > 0, "{id}");
    }
    for class in ["webhook", "api", "auth", "page", "reports", "unmatched"] {
        let policy = format!("policy=\"{class}\",{rejected}");
        let count = counted("rempart_rate_limit_requests_total", &policy);
        assert_eq!(shown(&format!("limits-{class}-refused")), count, "{class}");
    }
    // The tallest stack of a series is drawn as tall as its scale says.
    let bars: Value = browser.evaluate(BARS);
    for series in [
        "requests served",
        "requests refused",
        "authentications tokens",
        "authentications signatures",
        "authentications admin",
        "cors refused",
        "cors through",
        "latency median",
        "latency slow",
    ] {
        assert!(bars[series].as_f64().unwrap_or_default() > 2.0, "{series}: {bars}");
    }
    assert!(bars.get("requests failed").is_none(), "{bars}");
    let canvas = browser.evaluate("document.querySelector('#cors .canvas').clientHeight");
    // In the calm hour nothing was blocked, in the attack nearly everything.
    let refused = bars["cors refused"].as_f64().unwrap() / canvas.as_f64().unwrap();
    assert!((0.95..=1.0).contains(&refused), "{refused} of the height");
}

/// A test that hears no complaint first hears one.
fn complains_of_what_is_blocked(browser: &mut Browser) {
    let page = "<meta http-equiv='content-security-policy' content=\"default-src 'none'\">\
                <p style='color:red'>made up</p><script>planted()</script>";
    browser.open(&format!("data:text/html,{}", page.replace(' ', "%20").replace('#', "%23")));
    let complaints = browser.complaints().concat();
    assert!(complaints.contains("Content Security Policy"), "{complaints}");
    browser.evaluate("console.error('planted')");
    assert!(browser.complaints().concat().contains("planted"));
}
