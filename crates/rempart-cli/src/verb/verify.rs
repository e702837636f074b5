use std::io::{Read, Write};
use std::time::Duration;

use http::header::{CONTENT_TYPE, Entry};
use http::{HeaderMap, HeaderValue, Method, Uri};
use rempart::keys::{Key, KeyId, KeyRing};
use rempart::signature::{
    Coverage, Head, Part, Policy, PublicUrl, Rejection, SignedComponents, Verified, explain,
};

use super::{Message, Verdict, message, warn_of_coverage, warn_of_short};
use crate::args::VerifyArgs;
use crate::body;
use crate::failure::{Failure, Faults};
use crate::secrets::Named;

/// A request without its body, and what is asked of it.
pub(super) struct Question {
    pub(super) policy: Policy,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) at: Duration,
    /// What the keys are told by: the id of each is its place.
    pub(super) names: Vec<String>,
}

/// Verifies the input, and writes the verdict as one line of JSON.
pub(crate) fn verify(
    args: &VerifyArgs,
    input: impl Read,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    let question = if args.message.scheme == message::NAME {
        message::question(args)?
    } else {
        message::only_here(&[args.signatures.given(), args.wanted.given()].concat())?;
        of_scheme(args)?
    };
    let Question { policy, method, uri, mut headers, at, names } = question;
    let body = body::read(input, policy.body_limit())?;
    let form =
        policy.scheme().is_some_and(|scheme| scheme.template().parts().contains(&Part::Form));
    if form && !body.bytes.is_empty() {
        // As with curl, a body is a form until a header says otherwise.
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        if let Ok(Entry::Vacant(vacant)) = headers.try_entry(CONTENT_TYPE) {
            let _ = vacant.try_insert(form);
        }
    }
    let head = Head::new(&method, &uri, &headers);
    let (line, verdict) = match rempart::signature::verify(&policy, &head, &body.bytes, at) {
        Ok(verified) => {
            if policy.scheme().is_none() {
                warn_of_coverage(verified.coverage());
            }
            (accepted(&verified, &names), Verdict::Good)
        }
        Err(rejection) => {
            let why = args.explain.then(|| explain(&policy, &head, &body.bytes, at)).flatten();
            (refused(rejection, why.map(|why| why.to_string()).as_deref()), Verdict::Bad)
        }
    };
    writeln!(output, "{line}").and_then(|()| output.flush()).map_err(Failure::Output)?;
    Ok(verdict)
}

fn of_scheme(args: &VerifyArgs) -> Result<Question, Failure> {
    let Message { scheme, method, at, headers } = Message::new(&args.message)?;
    let mut faults = Faults::default();
    let given = Named::from_options(&args.secrets, &mut faults);
    faults.finish()?;
    let shortest = given.iter().map(|named| named.secret.len()).min();
    let mut policy = Policy::builder("rempart-verify")
        .scheme(scheme.clone())
        .keys(ring(&given)?)
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
    if scheme.algorithm().is_mac() {
        warn_of_short(scheme.min_secret(), shortest.unwrap_or_default());
    }
    warn_of_coverage(scheme.coverage());
    let names = given.into_iter().map(|named| named.name).collect();
    Ok(Question { policy, method, uri, headers, at, names })
}

/// Which key it was, and of a message that says it itself which signature, and what it covers.
fn accepted(verified: &Verified, names: &[String]) -> String {
    let text = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let key = verified.key().as_str().parse::<usize>().ok().and_then(|nth| names.get(nth));
    let key = text(key.map(String::as_str).unwrap_or_default());
    let signed = |signed: &SignedComponents| {
        // Without parameters a name needs no quotation marks but those of JSON.
        let bare = |name: &str| {
            let bare = name.strip_prefix('"')?.strip_suffix('"')?;
            (!bare.contains('"')).then(|| bare.to_owned())
        };
        let names = signed.iter().map(|(name, _)| bare(name).unwrap_or_else(|| name.to_owned()));
        let components: Vec<_> = names.collect();
        let components = serde_json::to_string(&components).unwrap_or_default();
        format!(r#","label":{},"components":{components}"#, text(signed.label()))
    };
    let signed = verified.components().map(signed).unwrap_or_default();
    format!(r#"{{"verdict":"accepted","key":{key}{signed}}}"#)
}

/// An explanation holds neither a quotation mark nor a backslash, and needs no escape.
fn refused(rejection: Rejection, why: Option<&str>) -> String {
    let why = why.map(|why| format!(r#","explanation":"{why}""#)).unwrap_or_default();
    format!(r#"{{"verdict":"refused","reason":"{rejection}"{why}}}"#)
}

/// One key for each that was given; its id is its place.
pub(super) fn ring(given: &[Named]) -> Result<KeyRing, Failure> {
    let mut ring = None;
    for (Named { secret, .. }, nth) in given.iter().zip(0_usize..) {
        let id = KeyId::new(&nth.to_string()).map_err(Failure::usage)?;
        let secret = secret.clone();
        ring = Some(match ring.take() {
            None => KeyRing::single(id, secret),
            Some(ring) => KeyRing::add(&ring, Key::new(id, secret))
                .map_err(|_| Failure::usage("--secret-env: at most 8, each with its own secret"))?,
        });
    }
    ring.ok_or_else(|| Failure::usage("--secret-env: not given"))
}
