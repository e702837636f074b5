//! A webhook endpoint behind five layers: `WEBHOOK_SECRET=… cargo run -p quickstart`.
#![allow(clippy::print_stderr, reason = "an example says where it listens")]
use std::{env, error::Error, net::SocketAddr};

use axum::{Router, routing::post};
use rempart::core::{ClientAddrLayer, TokioTimer, TrustedProxies};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{Scheme, SignatureLayer};
use rempart::{cors, headers, rate_limit, signature};

fn app(secret: Secret) -> Result<Router, Box<dyn Error>> {
    let signed = signature::Policy::builder("hooks")
        .scheme(Scheme::github())
        .keys(KeyRing::single(KeyId::new("2026-q4")?, secret))
        .timer(TokioTimer)
        .build()?;
    let shared = cors::Policy::credentialed("hooks").origins(["https://app.example.com"]);
    let stack = tower::ServiceBuilder::new()
        .layer(ClientAddrLayer::new(TrustedProxies::none()))
        .layer(headers::HeadersLayer::new(headers::Policy::api("hooks").build()?))
        .layer(cors::CorsLayer::new(shared.build()?))
        .layer(rate_limit::RateLimitLayer::new(rate_limit::Policy::new("hooks", "10/min")?))
        .layer(SignatureLayer::new(signed));
    let hook = async |body: String| format!("{} signed bytes\n", body.len());
    Ok(Router::new().route("/hooks", post(hook)).layer(stack))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = env::var("WEBHOOK_SECRET").map_err(|_| "WEBHOOK_SECRET is not set")?;
    let app = app(Secret::new(secret)?)?;
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
