use http::Response;
use rempart_headers::HeadersLayer;
use rempart_rate_limit::{Announce, Quota};
use tower::ServiceBuilder;

use super::rate_limit::theirs;
use super::{cors, headers, rate_limit};
use crate::drive::{Inner, Shape, address, bare, sending, show};
use crate::{Case, Ceiling, Side};

/// A request of a page elsewhere, by a client that is known.
fn shape() -> Shape {
    cors::actual(cors::LISTED).from(address(1))
}

fn project<B>(response: &Response<B>) -> String {
    let names = headers::EIGHT.map(|(name, _)| name);
    show(response, &[&names[..], &["access-control-allow-origin"]].concat())
}

const HUGE: Quota = Quota::per_second(1_000_000);

pub(super) fn cases() -> Vec<Case> {
    vec![Case {
        name: "stack/get",
        bare: bare(&shape()),
        ours: Side::new("headers, CORS, rate limit of rempart", || {
            let policy = headers::eight().build().expect("a policy without a fault");
            let stack = ServiceBuilder::new()
                .layer(HeadersLayer::new(policy))
                .layer(cors::ours(3))
                .layer(rate_limit::ours(HUGE, Announce::Always));
            sending(stack.service(Inner), shape(), project)
        }),
        rival: Some(Side::new("the same of tower-http and tower_governor", || {
            let stack = ServiceBuilder::new().layer(cors::theirs(3));
            let limited = tower::Layer::layer(&theirs!(HUGE, use_headers), Inner);
            sending(
                stack.service(headers::eight_layers!(if_not_present, limited)),
                shape(),
                project,
            )
        })),
        projection: "status, the eight headers, allowed origin",
        ceilings: vec![
            Ceiling::InstructionsOfRival(0.45),
            Ceiling::Instructions(7_500.0),
            Ceiling::Allocations(5.0),
        ],
    }]
}
