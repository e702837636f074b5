use std::fmt::Write;

use http::{HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};

/// Gives each request a random name, by which its lines in the logs are found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RandomId;

impl MakeRequestId for RandomId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random).ok()?;
        let mut text = String::with_capacity(32);
        random.iter().try_for_each(|byte| write!(text, "{byte:02x}")).ok()?;
        HeaderValue::try_from(text).ok().map(RequestId::new)
    }
}
