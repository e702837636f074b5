//! The stack on hyper alone: `WEBHOOK_SECRET=… cargo run -p hyper-bare`.
//!
//! What a framework does elsewhere is done by hand here: each connection tells the layers who is at
//! its other end, and gets a clone of the stack.
#![allow(clippy::print_stderr, reason = "an example says where it listens")]

use std::convert::Infallible;
use std::env;
use std::error::Error;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer as HyperTimer};
use hyper_util::service::TowerToHyperService;
use rempart::core::{ClientAddrLayer, PeerAddr, RequestBody, TokioTimer, TrustedProxies};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{Scheme, SignatureLayer, Verified};
use rempart::{cors, headers, rate_limit, signature};
use tower::{ServiceBuilder, ServiceExt};

/// Finds a request that is signed, from a client within its limit, and its body as it came.
async fn hook(
    request: Request<RequestBody<Incoming>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let key = request.extensions().get::<Verified>().map(Verified::key);
    let length = request.into_body().collect().await.map(|body| body.to_bytes().len());
    let text = match (key, length) {
        (Some(key), Ok(length)) => format!("{length} bytes signed by {key}\n"),
        _ => "a request that the stack should have refused\n".to_owned(),
    };
    Ok(Response::new(Full::from(text)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = env::var("WEBHOOK_SECRET").map_err(|_| "WEBHOOK_SECRET is not set")?;
    let secret = Secret::new(secret)?;
    let signed = signature::Policy::builder("hooks")
        .scheme(Scheme::github())
        .keys(KeyRing::single(KeyId::new("2026-q4")?, secret))
        .timer(TokioTimer)
        .build()?;
    let shared = cors::Policy::credentialed("hooks").origins(["https://app.example.com"]);
    let stack = ServiceBuilder::new()
        .layer(ClientAddrLayer::new(TrustedProxies::none()))
        .layer(headers::HeadersLayer::new(headers::Policy::api("hooks").build()?))
        .layer(cors::CorsLayer::new(shared.build()?))
        .layer(rate_limit::RateLimitLayer::new(rate_limit::Policy::new("hooks", "10/min")?))
        .layer(SignatureLayer::new(signed))
        .service_fn(hook);

    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        let service = stack.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(PeerAddr(peer));
            request
        });
        // hyper's own timer bounds how slowly a head may come; the layers bound the body.
        let connection = http1::Builder::new()
            .timer(HyperTimer::new())
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        tokio::spawn(async move {
            // A client that breaks off is no fault of ours.
            let _ = connection.await;
        });
    }
}
