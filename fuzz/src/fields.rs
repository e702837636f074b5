//! What a client is told of its quota, as a parser of structured fields reads it that is not ours.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use rempart::core::ClientAddr;
use rempart::rate_limit::{Policy, Quota, RateLimitLayer};
use sfv::{BareItem, List, ListEntry, Parser};
use tower::{Layer, Service};

/// The names of the fields, and of the numbers in our own member of each.
const FIELDS: [(&str, [&str; 2]); 2] =
    [("ratelimit", ["r", "t"]), ("ratelimit-policy", ["q", "w"])];

/// A limit by any quota in front of a handler that says anything in the same fields: whatever a
/// list it was, it is still, with our member at its end; and what was none is not made one.
pub(crate) fn limit_fields(data: &[u8]) {
    let Some((numbers, said)) = data.split_first_chunk::<16>() else { return };
    let word = |at: usize| {
        let bytes = [numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]];
        u32::from_le_bytes(bytes)
    };
    let period = u64::from(word(4)) << 32 | u64::from(word(8));
    let quota = Quota::per_period(word(0), Duration::from_nanos(period)).with_burst(word(12));
    let Ok(policy) = Policy::new("fuzzed", quota) else { return };
    let lines = said.split(|byte| *byte == b'\n').take(4);
    let Ok(lines) = lines.map(HeaderValue::from_bytes).collect::<Result<Vec<_>, _>>() else {
        return;
    };
    let headers = answered(policy, &lines);
    for (field, numbers) in FIELDS {
        let blank = |line: &&HeaderValue| !line.as_bytes().trim_ascii().is_empty();
        let before = parsed(lines.iter().filter(blank));
        let after = parsed(headers.get_all(field).iter());
        match (before, after) {
            (Some(before), Some(mut after)) => {
                let own = after.pop().expect("our own member");
                assert_eq!(before, after, "{field}");
                assert!(is_ours(&own, numbers), "{field}: {own:?}");
            }
            (before, after) => assert!(before.is_none() && after.is_none(), "{field}: {after:?}"),
        }
    }
}

/// The headers of a response whose handler says these lines.
fn answered(policy: Policy, lines: &[HeaderValue]) -> HeaderMap {
    let mut service = RateLimitLayer::new(policy).layer(Handler(lines.to_vec()));
    let mut request = Request::new(());
    request.extensions_mut().insert(ClientAddr::new([203, 0, 113, 9].into()));
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut cx) else {
        panic!("a handler that waits for nothing was waited for");
    };
    response.into_parts().0.headers
}

#[derive(Clone)]
struct Handler(Vec<HeaderValue>);

impl Service<Request<()>> for Handler {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let mut response = Response::new(String::new());
        for (field, _) in FIELDS {
            for line in &self.0 {
                response.headers_mut().append(field, line.clone());
            }
        }
        ready(Ok(response))
    }
}

/// The lines as a recipient joins them.
fn parsed<'a>(lines: impl Iterator<Item = &'a HeaderValue>) -> Option<List> {
    let lines: Vec<_> = lines.map(HeaderValue::as_bytes).collect();
    let list = lines.join(&b", "[..]);
    Parser::new(&list).parse().ok()
}

fn is_ours(entry: &ListEntry, numbers: [&str; 2]) -> bool {
    let ListEntry::Item(item) = entry else { return false };
    let is_named = matches!(&item.bare_item, BareItem::String(name) if name.as_str() == "fuzzed");
    let are_numbers = item
        .params
        .values()
        .all(|value| matches!(value, BareItem::Integer(number) if i64::from(*number) >= 0));
    is_named && are_numbers && item.params.keys().map(|key| key.as_str()).eq(numbers)
}
