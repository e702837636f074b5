//! The stack around a gRPC service: `WEBHOOK_SECRET=… cargo run -p tonic-minimal`.
//!
//! The service is gRPC's own health check, so nothing needs to be generated. A refusal is a gRPC
//! status here: `UNAUTHENTICATED`, `RESOURCE_EXHAUSTED`.
#![allow(clippy::print_stderr, reason = "an example says where it listens")]

use std::env;
use std::error::Error;

use rempart::core::{ClientAddrLayer, TokioTimer, TrustedProxies};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{Scheme, SignatureLayer};
use rempart::{headers, rate_limit, signature};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tower::ServiceBuilder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = env::var("WEBHOOK_SECRET").map_err(|_| "WEBHOOK_SECRET is not set")?;
    let secret = Secret::new(secret)?;
    // The signature covers the message as it is framed on the wire.
    let signed = signature::Policy::builder("calls")
        .scheme(Scheme::github())
        .keys(KeyRing::single(KeyId::new("2026-q4")?, secret))
        .timer(TokioTimer)
        .build()?;
    let stack = ServiceBuilder::new()
        .layer(ClientAddrLayer::new(TrustedProxies::none()))
        .layer(headers::HeadersLayer::new(headers::Policy::api("calls").build()?))
        .layer(rate_limit::RateLimitLayer::new(rate_limit::Policy::new("calls", "10/min")?))
        .layer(SignatureLayer::new(signed))
        .into_inner();

    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let incoming = TcpIncoming::bind(address.parse()?)?;
    eprintln!("listening on http://{}", incoming.local_addr()?);
    let (_, health) = tonic_health::server::health_reporter();
    Server::builder().layer(stack).add_service(health).serve_with_incoming(incoming).await?;
    Ok(())
}
