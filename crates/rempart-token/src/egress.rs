//! Stops a secret of the service on its way out, in whatever form it stands in a response.

mod body;
mod decision;
mod error;
mod escape;
mod forms;
mod future;
mod held;
mod layer;
mod needles;
mod policy;
mod rejection;
mod search;
mod service;
mod watch;

pub use self::body::GuardedBody;
pub use self::decision::{Decision, Length, decide};
pub use self::error::{ConfigError, ConfigErrors};
pub use self::future::ResponseFuture;
pub use self::layer::EgressGuardLayer;
pub use self::policy::{Policy, PolicyBuilder, Streams};
pub use self::rejection::Rejection;
pub use self::service::EgressGuard;
