mod cors;
mod keys;
mod limit;
mod message;
mod scrub;
mod sign;
mod verify;

pub(crate) use self::cors::{cors_decide, cors_probe};
pub(crate) use self::keys::keys;
pub(crate) use self::limit::limit_simulate;
pub(crate) use self::scrub::scrub;
pub(crate) use self::sign::sign;
pub(crate) use self::verify::verify;
use crate::args::MessageArgs;
use crate::failure::Failure;

/// How a verb ended that could be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
}

/// The message that `sign` and `verify` are about.
struct Message {
    scheme: rempart::signature::Scheme,
    method: http::Method,
    at: std::time::Duration,
    headers: http::HeaderMap,
}

impl Message {
    fn new(args: &MessageArgs) -> Result<Self, Failure> {
        use rempart::signature::Scheme;

        let scheme = Scheme::preset(&args.scheme).ok_or_else(|| {
            let names = Scheme::presets().map(|scheme| scheme.name().to_owned());
            let names: Vec<String> = names.chain([message::NAME.to_owned()]).collect();
            Failure::Usage(format!("--scheme: one of {}", names.join(", ")))
        })?;
        let method = args.method.parse().map_err(|_| Failure::usage("--method: not a method"))?;
        let at = match args.at {
            Some(seconds) => std::time::Duration::from_secs(seconds),
            None => crate::stamp::now(),
        };
        Ok(Self { scheme, method, at, headers: crate::field::headers(&args.headers)? })
    }
}

/// Says that a service would ask for more.
fn warn_of_short(minimum: usize, length: usize) {
    use std::io::Write;

    if length < minimum {
        // A warning that nobody reads is no failure.
        let _ = writeln!(
            std::io::stderr().lock(),
            "rempart: warning: the secret has {length} bytes, a service asks for {minimum}",
        );
    }
}

/// Says that a good credential says nothing of the body.
fn warn_of_coverage(coverage: rempart::signature::Coverage) {
    use std::io::Write;

    if coverage < rempart::signature::Coverage::Body {
        let line = "rempart: warning: the credential of this scheme does not cover the body";
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}
