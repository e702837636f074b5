use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use rempart_signature::{Scheme, SignatureLayer};
use tower::{Layer, Service};

use super::{body, policy, signed};
use crate::drive::{Inner, Shape, address, drive, show};
use crate::{Case, Ceiling, Runner, Side};

/// A signed webhook of 1 KiB in one frame, from a client whose address is known.
pub(super) fn case() -> Case {
    Case {
        name: "signature/layer/1k",
        bare: Side::new("bare", || sending(Inner)),
        ours: Side::new("rempart-signature, its layer", || {
            sending(SignatureLayer::new(policy(Scheme::svix())).layer(Inner))
        }),
        rival: None,
        projection: "status",
        // The mark, and the list of frames.
        ceilings: vec![Ceiling::Allocations(2.0)],
    }
}

fn sending<S, B>(mut service: S) -> Runner
where
    S: Service<Request<Body>, Response = Response<B>, Error = std::convert::Infallible> + 'static,
    B: 'static,
{
    let body: Bytes = body(1024);
    let headers: HeaderMap = signed(&policy(Scheme::svix()), &body);
    let shape = Shape::get().method(Method::POST).from(address(1));
    let shape = ["svix-id", "svix-timestamp", "svix-signature"]
        .into_iter()
        .fold(shape, |shape, name| shape.with(name, headers[name].to_str().expect("ASCII")));
    Runner::new(
        move || {
            let mut request = shape.request();
            *request.body_mut() = Body::from(body.clone());
            drive(&mut service, request)
        },
        |response| show(response, &[]),
    )
}
