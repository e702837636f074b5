use std::io::{Read, Write};

use rempart::signature::{SignError, Timestamp, TimestampSource};

use super::{Message, Verdict, warn_of_short};
use crate::args::SignArgs;
use crate::failure::Failure;
use crate::{body, secrets};

/// Signs the input, and writes the header lines to send with it.
pub(crate) fn sign(
    args: &SignArgs,
    input: impl Read,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    let Message { scheme, method, at, headers } = Message::new(&args.message)?;
    let written = match scheme.timestamp().map(Timestamp::source) {
        Some(TimestampSource::Header(header)) => Some(header),
        _ => None,
    };
    for name in [Some(scheme.header()), written].into_iter().flatten() {
        if headers.contains_key(name) {
            return Err(Failure::Usage(format!("-H: `{name}` is what this verb writes")));
        }
    }
    let secret = secrets::from_options(&args.secret)?;
    let body = body::read(input, scheme.body_limit())?;
    if !body.complete {
        let limit = scheme.body_limit();
        return Err(Failure::Input(format!("has more than the {limit} bytes of the scheme")));
    }
    let mut message = rempart::signature::Message::new(&body.bytes, at).method(method);
    if let Some(url) = &args.message.url {
        message = message.url(url);
    }
    let id = scheme.id().and_then(|name| headers.get(name)).and_then(|id| id.to_str().ok());
    if let Some(id) = id {
        message = message.id(id);
    }
    let signed = scheme.sign(&secret, &message).map_err(|error| match (&error, scheme.id()) {
        (SignError::UrlMissing, _) => Failure::Usage(format!("--url: {error}")),
        (SignError::IdMissing, Some(name)) => Failure::Usage(format!("-H '{name}: …': {error}")),
        _ => Failure::usage(error),
    })?;
    warn_of_short(&scheme, secret.len());
    for (name, value) in &signed {
        let line = [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat();
        output.write_all(&line).map_err(Failure::Output)?;
    }
    output.flush().map_err(Failure::Output)?;
    Ok(Verdict::Good)
}
