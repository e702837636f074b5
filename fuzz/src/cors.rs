//! Requests of pages, and what the layer makes of them.

use std::convert::Infallible;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use rempart::core::{Event, Observer};
use rempart::cors::{CorsLayer, DebugSwitch, Decision, Enforce, Policy, decide};
use tower::{Layer, Service, service_fn};

use super::origins::is_canonical;

const ALLOWED: [&str; 2] = ["https://app.example.com", "https://admin.example.com:8443"];
const OWN: &str = "https://api.example.com";
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const HEADERS: [&str; 2] = ["authorization", "content-type"];

/// A policy, and what is known of it.
struct Ruled {
    policy: Policy,
    any: bool,
    patterns: bool,
    enforced: Option<Enforce>,
    explains: bool,
}

static POLICIES: LazyLock<[Ruled; 5]> = LazyLock::new(|| {
    let named = || {
        let policy = Policy::credentialed("fuzz").origins(ALLOWED).own_origins([OWN]);
        policy.methods(["PUT", "PATCH", "DELETE"]).request_headers(HEADERS)
    };
    let ruled = |policy, enforced, explains| Ruled {
        policy,
        any: false,
        patterns: false,
        enforced,
        explains,
    };
    let patterns = ["https://*.tenants.example.com", "http://localhost:*"];
    let open = Policy::anonymous("open").any_origin().any_method().any_request_header();
    let [every, unsafe_methods] = [Enforce::EveryMethod, Enforce::UnsafeMethods]
        .map(|enforced| named().enforce(enforced).build().expect("a policy"));
    [
        ruled(named().build().expect("a policy"), None, false),
        Ruled {
            patterns: true,
            ..ruled(named().origins(patterns).build().expect("a policy"), None, true)
        },
        Ruled { any: true, ..ruled(open.build().expect("a policy"), None, false) },
        ruled(every, Some(Enforce::EveryMethod), false),
        ruled(unsafe_methods, Some(Enforce::UnsafeMethods), true),
    ]
});

/// A request: a first byte for the method, then lines whose first byte says which header they are
/// of. What the service answers stands there too.
struct Talk {
    method: Method,
    asked: HeaderMap,
    answered: HeaderMap,
}

impl Talk {
    fn read(data: &[u8]) -> Option<Self> {
        let (method, rest) = data.split_first()?;
        let method = match method {
            b'O' => Method::OPTIONS,
            b'P' => Method::POST,
            b'H' => Method::HEAD,
            b'C' => Method::CONNECT,
            _ => Method::GET,
        };
        let (mut asked, mut answered) = (HeaderMap::new(), HeaderMap::new());
        for line in rest.split(|byte| *byte == b'\n') {
            let Some((first, value)) = line.split_first() else { continue };
            let Ok(value) = HeaderValue::from_bytes(value) else { continue };
            let _ = match first {
                b'o' => asked.try_append(header::ORIGIN, value),
                b'm' => asked.try_append(header::ACCESS_CONTROL_REQUEST_METHOD, value),
                b'l' => asked.try_append(header::ACCESS_CONTROL_REQUEST_HEADERS, value),
                b'h' => asked.try_append(header::HOST, value),
                b'u' => asked.try_append(header::UPGRADE, value),
                b'c' => asked.try_append(header::CONTENT_TYPE, value),
                b'v' => answered.try_append(header::VARY, value),
                b'a' => answered.try_append(header::ACCESS_CONTROL_ALLOW_ORIGIN, value),
                b't' => answered.try_append("timing-allow-origin", value),
                b'e' => answered.try_append(header::ACCESS_CONTROL_EXPOSE_HEADERS, value),
                _ => continue,
            };
        }
        Some(Self { method, asked, answered })
    }

    fn lines(&self, name: HeaderName) -> Vec<&[u8]> {
        self.asked.get_all(name).iter().map(HeaderValue::as_bytes).collect()
    }

    fn is_preflight(&self) -> bool {
        self.method == Method::OPTIONS
            && self.asked.contains_key(header::ORIGIN)
            && self.asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    }
}

/// The decision is that of a naive reading.
pub(crate) fn request(data: &[u8]) {
    let Some(talk) = Talk::read(data) else { return };
    let Ruled { policy, .. } = &POLICIES[0];
    let decision = decide(policy, &talk.method, &talk.asked);
    let origin = allows_origin(&POLICIES[0], &talk);
    match decision {
        Decision::NotCors => assert!(talk.lines(header::ORIGIN).is_empty()),
        Decision::SameOrigin => assert_eq!(talk.lines(header::ORIGIN), [OWN.as_bytes()]),
        Decision::Actual(verdict) => assert_eq!(Some(verdict.is_ok()), origin, "{:?}", talk.asked),
        Decision::Preflight(verdict) => {
            assert!(talk.is_preflight());
            assert_eq!(Some(verdict.is_ok()), origin.map(|allowed| allowed && admits(&talk)));
        }
        other => panic!("{other:?}"),
    }
}

/// The first byte picks a policy, the rest is a request and what the service answers: whatever they
/// are, the layer grants what a naive reading grants, and the service grants nothing.
pub(crate) fn service(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let Some(talk) = Talk::read(rest) else { return };
    let ruled = &POLICIES[usize::from(*first) % POLICIES.len()];
    let (reached, answer) = exchange(ruled, &talk);
    let has_host = ruled.enforced.is_none() || knows_host(&talk);
    let origins = talk.lines(header::ORIGIN);
    let is_own = !ruled.any && origins == [OWN.as_bytes()];
    let allowed = match allows_origin(ruled, &talk) {
        Some(allowed) => allowed && !is_own,
        // Punycode that a naive reading does not judge.
        None => answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
    };
    let is_stranger = !origins.is_empty() && !is_own && !allowed;
    let is_safe = ["GET", "HEAD", "OPTIONS"].contains(&talk.method.as_str());
    let is_barred = is_stranger
        && match ruled.enforced {
            None => false,
            Some(Enforce::UnsafeMethods) => !is_safe || talk.asked.contains_key(header::UPGRADE),
            Some(_) => true,
        };
    let is_preflight = talk.is_preflight() && !is_own;
    let told = format!("{:?} {:?}: {answer:?}", talk.method, talk.asked);
    assert_eq!(reached, has_host && !is_preflight && !is_barred, "{told}");
    let shared = if !has_host || !is_preflight && is_barred {
        false
    } else if is_preflight {
        allowed && (ruled.explains || ruled.any || admits(&talk)) && answer.status() == 204
    } else {
        allowed || ruled.any
    };
    let names = || answer.headers().keys().map(HeaderName::as_str);
    let granted = answer.headers().get_all(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    let granted: Vec<&[u8]> = granted.iter().map(HeaderValue::as_bytes).collect();
    match (shared, ruled.any) {
        (true, true) => assert_eq!(granted, [b"*"], "{told}"),
        (true, false) => assert_eq!(granted, origins, "{told}"),
        (false, _) => assert!(!names().any(|name| name.starts_with("access-")), "{told}"),
    }
    assert!(!names().any(|name| name.starts_with("timing-")), "{told}");
    assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS), "{told}");
    let varies = answer.headers().get_all(header::VARY);
    assert!(ruled.any && reached || varies.iter().any(names_origin), "{told}");
    if reached {
        let kept = talk.answered.get_all(header::VARY);
        assert!(kept.iter().all(|line| varies.iter().any(|kept| kept == line)), "{told}");
    }
}

/// Sends it, and says whether the service was asked.
fn exchange(ruled: &Ruled, talk: &Talk) -> (bool, Response<()>) {
    let reached = AtomicBool::new(false);
    let debug = DebugSwitch::default();
    debug.set(ruled.explains);
    let layer = CorsLayer::new(ruled.policy.clone()).observer(Silence).debug(debug);
    let mut service = layer.layer(service_fn(|_: Request<()>| {
        reached.store(true, Ordering::Relaxed);
        let mut response = Response::new(());
        response.headers_mut().clone_from(&talk.answered);
        std::future::ready(Ok::<_, Infallible>(response))
    }));
    let mut request = Request::new(());
    request.method_mut().clone_from(&talk.method);
    request.headers_mut().clone_from(&talk.asked);
    let mut answer = std::pin::pin!(service.call(request));
    let Poll::Ready(Ok(answer)) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("nothing is waited for");
    };
    (reached.load(Ordering::Relaxed), answer)
}

/// Whether the policy allows the origin; `None` where a label of punycode decides.
fn allows_origin(ruled: &Ruled, talk: &Talk) -> Option<bool> {
    let lines = talk.lines(header::ORIGIN);
    let [line] = lines[..] else { return Some(false) };
    if ruled.any {
        return Some(true);
    }
    let Ok(text) = std::str::from_utf8(line) else { return Some(false) };
    if ALLOWED.contains(&text) {
        return Some(true);
    }
    let tenant = text.starts_with("https://") && text.ends_with(".tenants.example.com");
    let local = text == "http://localhost" || text.starts_with("http://localhost:");
    match ruled.patterns && (tenant || local) && is_canonical(text) {
        true if text.contains("xn--") => None,
        covered => Some(covered),
    }
}

/// Whether a preflight asks for no more than is allowed.
fn admits(talk: &Talk) -> bool {
    let method = talk.lines(header::ACCESS_CONTROL_REQUEST_METHOD);
    let lines = talk.lines(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let elements = || lines.iter().flat_map(|line| line.split(|byte| *byte == b','));
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let trimmed = |name: &[u8]| {
        let start = name.iter().position(|byte| !blank(byte)).unwrap_or(name.len());
        let end = name.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
        name[start..end].to_ascii_lowercase()
    };
    let mut names: Vec<_> = elements().map(trimmed).filter(|name| !name.is_empty()).collect();
    let (count, empty) = (names.len(), elements().count() - names.len());
    let known = names.iter().all(|name| HEADERS.iter().any(|known| known.as_bytes() == name));
    names.sort_unstable();
    names.dedup();
    method.len() == 1
        && METHODS.iter().any(|known| known.as_bytes() == method[0])
        && known
        && count == names.len()
        && empty <= 16
        && lines.len() <= 16
        && lines.iter().map(|line| line.len()).sum::<usize>() <= 4096
}

fn knows_host(talk: &Talk) -> bool {
    let hosts = talk.lines(header::HOST);
    let known = ["api.example.com", "api.example.com:443"];
    hosts.len() == 1 && known.iter().any(|known| hosts[0].eq_ignore_ascii_case(known.as_bytes()))
}

fn names_origin(line: &HeaderValue) -> bool {
    let mut names = line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"origin"))
}

struct Silence;

impl Observer for Silence {
    fn observe(&self, _: &Event<'_>) {}
}
