use std::io::{Read, Write};

use http::header::{CONTENT_TYPE, Entry};
use http::{HeaderValue, Uri};
use rempart::keys::{Key, KeyId, KeyRing};
use rempart::signature::{Coverage, Head, Part, Policy, PublicUrl, Rejection, explain};

use super::{Message, Verdict, warn_of_coverage, warn_of_short};
use crate::args::VerifyArgs;
use crate::failure::Failure;
use crate::{body, secrets};

/// Verifies the input, and writes the verdict as one line of JSON.
pub(crate) fn verify(
    args: &VerifyArgs,
    input: impl Read,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    let Message { scheme, method, at, mut headers } = Message::new(&args.message)?;
    let names = &args.secret_env;
    let ring = ring(names)?;
    let shortest = ring.verifying().map(|key| key.secret().len()).min();
    let mut policy = Policy::builder("rempart-verify")
        .scheme(scheme.clone())
        .keys(ring)
        .dangerously_accept_coverage(Coverage::None)
        .dangerously_short_secrets()
        .dangerously_without_read_deadline();
    let uri = match &args.message.url {
        None => Uri::from_static("/"),
        Some(url) => {
            let uri: Uri = url.parse().map_err(|_| Failure::usage("--url: not a URL"))?;
            let origin = PublicUrl::origin_of(&uri)
                .map_err(|error| Failure::Usage(format!("--url: {error}")))?;
            policy = policy.public_url(origin);
            uri
        }
    };
    let policy = policy.build().map_err(Failure::usage)?;
    warn_of_short(&scheme, shortest.unwrap_or_default());
    warn_of_coverage(&scheme);

    let body = body::read(input, policy.body_limit())?;
    if scheme.template().parts().contains(&Part::Form) && !body.bytes.is_empty() {
        // As with curl, a body is a form until a header says otherwise.
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        if let Ok(Entry::Vacant(vacant)) = headers.try_entry(CONTENT_TYPE) {
            let _ = vacant.try_insert(form);
        }
    }
    let head = Head::new(&method, &uri, &headers);
    let verified = rempart::signature::verify(&policy, &head, &body.bytes, at);
    let (line, verdict) = match verified {
        // The names are letters, digits and underscores: nothing in them needs an escape.
        Ok(verified) => {
            let key = index(verified.key()).and_then(|nth| names.get(nth));
            let key = key.map(String::as_str).unwrap_or_default();
            (format!(r#"{{"verdict":"accepted","key":"{key}"}}"#), Verdict::Good)
        }
        Err(rejection) => {
            let why = args.explain.then(|| explain(&policy, &head, &body.bytes, at)).flatten();
            (refused(rejection, why.map(|why| why.to_string()).as_deref()), Verdict::Bad)
        }
    };
    writeln!(output, "{line}").and_then(|()| output.flush()).map_err(Failure::Output)?;
    Ok(verdict)
}

/// An explanation holds neither a quotation mark nor a backslash, and needs no escape.
fn refused(rejection: Rejection, why: Option<&str>) -> String {
    let why = why.map(|why| format!(r#","explanation":"{why}""#)).unwrap_or_default();
    format!(r#"{{"verdict":"refused","reason":"{rejection}"{why}}}"#)
}

/// One key for each variable; its id is the variable's place.
fn ring(names: &[String]) -> Result<KeyRing, Failure> {
    let mut ring = None;
    for (name, nth) in names.iter().zip(0_usize..) {
        let id = KeyId::new(&nth.to_string()).map_err(Failure::usage)?;
        let secret = secrets::from_environment("--secret-env", name)?;
        ring = Some(match ring.take() {
            None => KeyRing::single(id, secret),
            Some(ring) => KeyRing::add(&ring, Key::new(id, secret))
                .map_err(|_| Failure::usage("--secret-env: at most 8, each with its own secret"))?,
        });
    }
    ring.ok_or_else(|| Failure::usage("--secret-env: not given"))
}

fn index(id: KeyId) -> Option<usize> {
    id.as_str().parse().ok()
}
