//! Lists that clients in wide use need, for the builder's methods of the same kind.
//!
//! They go together: a name that several of them have is one.
//!
//! ```
//! use rempart_cors::{Policy, preset};
//!
//! let policy = Policy::credentialed("api")
//!     .origins(["https://app.example.com"])
//!     .request_headers(preset::SUPABASE_REQUEST_HEADERS)
//!     .request_headers(preset::GRPC_WEB_REQUEST_HEADERS)
//!     .expose_headers(preset::API_EXPOSED_HEADERS)
//!     .expose_headers(preset::GRPC_WEB_EXPOSED_HEADERS)
//!     .build()?;
//! # Ok::<_, rempart_cors::ConfigErrors>(())
//! ```

/// What Supabase's JavaScript client sends.
pub const SUPABASE_REQUEST_HEADERS: [&str; 4] =
    ["apikey", "authorization", "content-type", "x-client-info"];

/// What a gRPC-Web client sends.
pub const GRPC_WEB_REQUEST_HEADERS: [&str; 4] =
    ["content-type", "grpc-timeout", "x-grpc-web", "x-user-agent"];

/// What a gRPC-Web client must be able to read.
pub const GRPC_WEB_EXPOSED_HEADERS: [&str; 3] =
    ["grpc-message", "grpc-status", "grpc-status-details-bin"];

/// What a page needs to wait politely after a 429, and to name its request to whoever looks into it.
pub const API_EXPOSED_HEADERS: [&str; 4] =
    ["ratelimit", "ratelimit-policy", "retry-after", "x-request-id"];
