//! What a page can read is what the policy decides: a real browser, from the three origins and
//! from others, against the service behind TLS.

mod front;
mod matrix;

use http::{HeaderMap, HeaderValue, Method, header};
use rempart_cors::{Decision, Policy, decide, preset};
use serde_json::{Value, json};

use self::front::Front;
use self::matrix::{Fetch, MATRIX, TOO_OFTEN};
use crate::browser::Browser;
use crate::house::{FORM, House, bearer, post};

const API: &str = "api.drain-fortin.example";

/// Pages, and what they send as their origin.
const PAGES: [(&str, &str); 10] = [
    ("https://drain-fortin-crm.com/", "https://drain-fortin-crm.com"),
    ("https://www.drain-fortin.com/", "https://www.drain-fortin.com"),
    ("https://phiduqxcufdmgjvdipyu.supabase.co/", "https://phiduqxcufdmgjvdipyu.supabase.co"),
    ("https://evil.example/", "https://evil.example"),
    ("https://drain-fortin-crm.com.evil.example/", "https://drain-fortin-crm.com.evil.example"),
    ("https://takenover.drain-fortin-crm.com/", "https://takenover.drain-fortin-crm.com"),
    ("https://another.supabase.co/", "https://another.supabase.co"),
    ("https://drain-fortin-crm.com:8443/", "https://drain-fortin-crm.com:8443"),
    ("http://drain-fortin-crm.com/", "http://drain-fortin-crm.com"),
    ("https://drain-fortin-crm.com/sandbox", "null"),
];

/// What every page may read of a response without being told, and what the policy tells.
const READABLE: [&str; 11] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-request-id",
];

/// The policy as the README states it.
fn policy() -> Policy {
    Policy::credentialed("stated")
        .origins(PAGES.iter().take(3).map(|(_, origin)| origin))
        .methods(["PUT", "PATCH", "DELETE"])
        .request_headers(preset::SUPABASE_REQUEST_HEADERS)
        .build()
        .unwrap()
}

/// Whether the policy lets a page of `origin` read the answer, by the rules of Fetch.
fn decided(policy: &Policy, origin: &'static str, fetch: &Fetch) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
    let allowed = |method: &Method, headers: &HeaderMap| {
        let decision = decide(policy, method, headers);
        matches!(decision, Decision::Actual(Ok(_)) | Decision::Preflight(Ok(_)))
    };
    let mut readable = allowed(&Method::GET, &headers);
    let unsafe_names = fetch.unsafe_names();
    if !["GET", "HEAD", "POST"].contains(&fetch.method) || !unsafe_names.is_empty() {
        let method = HeaderValue::from_static(fetch.method);
        headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, method);
        let names = unsafe_names.join(",").parse().unwrap();
        headers.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, names);
        readable &= allowed(&Method::OPTIONS, &headers);
    }
    readable
}

/// What a page got from each of these; null for what it could not read.
fn read(browser: &mut Browser, fetches: &[Fetch], credentials: &str, token: &str) -> Vec<Value> {
    let calls: Vec<_> = fetches.iter().map(|fetch| fetch.call(API, credentials, token)).collect();
    let calls = json!(calls);
    let answers = browser.evaluate(&format!(
        "(async () => {{
            const answers = [];
            for (const [url, options] of {calls}) {{
                try {{
                    const answer = await fetch(url, options);
                    const text = await answer.text();
                    const names = [...answer.headers.keys()];
                    answers.push({{ status: answer.status, type: answer.type, length: text.length, names }});
                }} catch {{
                    answers.push(null);
                }}
            }}
            return answers;
        }})()"
    ));
    let answers = answers.as_array().unwrap().clone();
    assert_eq!(answers.len(), fetches.len());
    answers
}

fn is_right(page: &str, fetch: &Fetch, readable: bool, answer: &Value) {
    let told = format!("{page}: {}: {answer}", fetch.name);
    if !readable {
        assert_eq!(*answer, Value::Null, "{told}");
        return;
    }
    assert_eq!(answer["status"], fetch.status.unwrap(), "{told}");
    assert_eq!(answer["type"], "cors", "{told}");
    let names = answer["names"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|name| name.as_str().unwrap()).collect();
    assert!(names.iter().all(|name| READABLE.contains(name)), "{told}");
    assert!(names.contains(&"x-request-id"), "{told}");
    let limited = fetch.status == Some(429);
    assert_eq!(names.contains(&"retry-after"), limited, "{told}");
    assert!(!limited || names.contains(&"ratelimit"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs chromium"]
async fn a_page_reads_what_the_policy_decides_and_nothing_else() {
    let house = House::open_known_as(&format!("https://{API}")).await;
    let names = PAGES.map(|(page, _)| page.split(['/', ':']).nth(3).unwrap());
    let front = Front::open(API, &names, house.public()).await;
    let switches = front.switches();
    let mut switches: Vec<&str> = switches.iter().map(String::as_str).collect();
    // The page in the clear is to stay what it is.
    switches.push("--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable");
    let mut browser = Browser::start_with(&switches);
    let policy = policy();
    let (mut tried, mut shared) = (0, 0);
    for (page, origin) in PAGES {
        browser.open(page);
        assert_eq!(browser.evaluate("self.origin"), origin, "{page}");
        house.wait();
        let token = bearer(&house.token().await);
        for credentials in ["omit", "include"] {
            // The limits are as new.
            house.wait();
            let answers = read(&mut browser, &MATRIX, credentials, &token);
            for (fetch, answer) in MATRIX.iter().zip(&answers) {
                let readable = decided(&policy, origin, fetch);
                let listed = origin != "null" && policy.origins().any(|listed| listed == origin);
                assert_eq!(readable, listed && fetch.status.is_some(), "{page}: {}", fetch.name);
                is_right(page, fetch, readable, answer);
                tried += 1;
                shared += usize::from(readable);
            }
        }
        // Nobody embeds an answer (`Cross-Origin-Resource-Policy`), listed or not.
        let embedded = browser.evaluate(&format!(
            "fetch('https://{API}/healthz', {{ mode: 'no-cors' }}).then(() => 'got', () => 'lost')"
        ));
        assert_eq!(embedded, "lost", "{page}");
        while house.send(post("/auth/login", HeaderMap::new(), FORM, "")).await.status() != 429 {}
        let answers = read(&mut browser, &TOO_OFTEN, "include", &token);
        for (fetch, answer) in TOO_OFTEN.iter().zip(&answers) {
            is_right(page, fetch, decided(&policy, origin, fetch), answer);
            tried += 1;
        }
    }
    assert!(tried >= 400 && shared >= 100 && shared < tried / 2, "{shared} of {tried}");
    // What is not allowed is asked about, and not sent.
    let log = house.log.text();
    for method in ["PUT", "PATCH", "DELETE"] {
        let line = format!("outcome=\"answered\" http.request.method=\"{method}\"");
        let allowed = |fetch: &&Fetch| fetch.method == method && fetch.status.is_some();
        let sent = MATRIX.iter().filter(allowed).count() * 3 * 2;
        assert_eq!(log.matches(&line).count(), sent, "{method}");
    }
    the_service_reads_itself(&house, &mut browser).await;
    drop(front);
    house.close().await;
}

/// The service's own page asks nobody for leave.
async fn the_service_reads_itself(house: &House, browser: &mut Browser) {
    house.wait();
    let token = bearer(&house.token().await);
    house.wait();
    browser.open(&format!("https://{API}/"));
    assert_eq!(browser.evaluate("self.origin"), format!("https://{API}"));
    for (fetch, answer) in MATRIX.iter().zip(read(browser, &MATRIX, "include", &token)) {
        assert_eq!(answer["type"], "basic", "{}: {answer}", fetch.name);
        assert!(fetch.status.is_none_or(|status| answer["status"] == status), "{}", fetch.name);
    }
}
