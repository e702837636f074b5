use std::io::{Read, Write};

use rempart::signature::{SignError, Timestamp, TimestampSource};

use super::{Message, Verdict, message, warn_of_short};
use crate::args::SignArgs;
use crate::failure::Failure;
use crate::{body, secrets};

/// Signs the input, and writes the header lines to send with it; or the body, where the signature
/// stands there.
pub(crate) fn sign(
    args: &SignArgs,
    input: impl Read,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    if args.message.scheme == message::NAME {
        return message::sign(args, input, output);
    }
    message::only_here(&[args.signatures.given(), args.made.given()].concat())?;
    let Message { scheme, method, at, headers } = Message::new(&args.message)?;
    let warn = |length| {
        if scheme.algorithm().is_mac() {
            warn_of_short(scheme.min_secret(), length);
        }
    };
    let stamped = match scheme.timestamp().map(Timestamp::source) {
        Some(TimestampSource::Header(header)) => Some(header),
        _ => None,
    };
    let written = scheme.header().into_iter().chain(scheme.further_headers()).chain(stamped);
    for name in written {
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
    let message = rempart::signature::Message::new(&body.bytes, at).method(method);
    let mut message = message.headers(&headers);
    if let Some(url) = &args.message.url {
        message = message.url(url);
    }
    let id = scheme.id().and_then(|name| headers.get(name)).and_then(|id| id.to_str().ok());
    if let Some(id) = id.or(args.id.as_deref()) {
        message = message.id(id);
    }
    let unfit = |error: SignError| match (&error, scheme.id(), scheme.id_member()) {
        (SignError::UrlMissing, _, _) => Failure::Usage(format!("--url: {error}")),
        (SignError::IdMissing, Some(name), _) => Failure::Usage(format!("-H '{name}: …': {error}")),
        (SignError::IdMissing, _, Some(_)) => Failure::Usage(format!("--id: {error}")),
        (SignError::HeaderMissing { header }, _, _) => {
            Failure::Usage(format!("-H '{header}: …': {error}"))
        }
        (SignError::Member { .. }, _, _) => Failure::Input(error.to_string()),
        _ => Failure::usage(error),
    };
    if scheme.header().is_none() {
        // The signature stands in the body: that is what there is to send.
        let body = scheme.sign_body(&secret, &message).map_err(unfit)?;
        warn(secret.len());
        output.write_all(&body).and_then(|()| output.flush()).map_err(Failure::Output)?;
        return Ok(Verdict::Good);
    }
    let signed = scheme.sign(&secret, &message).map_err(unfit)?;
    warn(secret.len());
    for (name, value) in &signed {
        let line = [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat();
        output.write_all(&line).map_err(Failure::Output)?;
    }
    output.flush().map_err(Failure::Output)?;
    Ok(Verdict::Good)
}
