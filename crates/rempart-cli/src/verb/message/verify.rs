use rempart::signature::{MessageSignatures, Policy, Scheme};

use super::{Settings, read_secret};
use crate::args::VerifyArgs;
use crate::failure::{Failure, Faults};
use crate::secrets::Named;
use crate::verb::verify::{Question, ring};
use crate::verb::warn_of_short;

/// What is asked of a request that says itself what was signed.
pub(crate) fn question(args: &VerifyArgs) -> Result<Question, Failure> {
    let mut faults = Faults::default();
    let settings = Settings::read(&args.message, &args.signatures, &mut faults);
    let form = args.signatures.secret_form;
    let read = |Named { name, secret }, faults: &mut Faults| {
        let secret = faults.take(read_secret(secret, form))?;
        Some(Named { name, secret })
    };
    let given = Named::from_options(&args.secrets, &mut faults);
    let given: Vec<_> = given.into_iter().filter_map(|named| read(named, &mut faults)).collect();
    faults.finish()?;
    let settings = settings.ok_or_else(|| Failure::usage("--scheme: nothing to verify with"))?;
    let ring = ring(&given)?;

    let shortest = given.iter().map(|named| named.secret.len()).min();
    let mut wanted = MessageSignatures::new(settings.algorithm).with_sender(
        settings.keyid,
        settings.algorithm,
        ring,
    );
    if args.wanted.any_component {
        wanted = wanted.dangerously_without_required_components();
    } else if !settings.components.is_empty() {
        wanted = wanted.with_required(settings.components);
    }
    if args.wanted.without_content_digest {
        wanted = wanted.dangerously_without_content_digest();
    }
    if let Some(label) = &args.signatures.label {
        wanted = wanted.with_label(label);
    }
    if let Some(tag) = &args.signatures.tag {
        wanted = wanted.with_tag(tag);
    }
    let policy = Policy::builder("rempart-verify")
        .message_signatures(wanted)
        .public_url(settings.origin)
        .dangerously_short_secrets()
        .dangerously_without_read_deadline()
        .build()
        .map_err(Failure::usage)?;
    if settings.algorithm.is_mac() {
        warn_of_short(Scheme::MIN_SECRET, shortest.unwrap_or_default());
    }
    // As a server sees it: the origin is configuration.
    let target = settings.url.path_and_query().map(|target| target.as_str().parse());
    let target = target.and_then(Result::ok).unwrap_or(settings.url);
    Ok(Question {
        policy,
        method: settings.method,
        uri: target,
        headers: settings.headers,
        at: settings.at,
        names: given.into_iter().map(|named| named.name).collect(),
    })
}
