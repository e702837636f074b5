use std::io::{Read, Write};
use std::time::Duration;

use http::{HeaderName, Request};
use rempart::signature::{Component, DigestAlgorithm, MessageSignError, MessageSigner, Scheme};

use super::{Settings, check_text, read_secret};
use crate::args::{Digest, SignArgs};
use crate::failure::{Failure, Faults};
use crate::verb::{Verdict, warn_of_short};
use crate::{body, field, secrets};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");

/// Signs the input as a request, and writes the header lines to send with it.
pub(crate) fn sign(
    args: &SignArgs,
    input: impl Read,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    let mut faults = Faults::default();
    let settings = Settings::read(&args.message, &args.signatures, &mut faults);
    check_text("--nonce", args.made.nonce.as_deref(), &mut faults);
    if args.id.is_some() {
        faults.push("--id: a signature has a --nonce");
    }
    let headers = field::headers(&args.message.headers);
    if headers.is_ok_and(|headers| headers.contains_key(CONTENT_DIGEST))
        && writes_digest(&args.signatures.components)
    {
        faults.push("-H: `content-digest` is what this verb writes");
    }
    let secret = faults.take(secrets::from_options(&args.secret));
    let form = args.signatures.secret_form;
    let secret = secret.and_then(|secret| faults.take(read_secret(secret, form)));
    let signer = settings.zip(secret).and_then(|(settings, secret)| {
        let signer = MessageSigner::new(&settings.keyid, settings.algorithm, &secret);
        let signer = faults.take(signer.map_err(|error| unfit(&error)))?;
        Some((settings, signer, secret))
    });
    faults.finish()?;
    let (settings, signer, secret) =
        signer.ok_or_else(|| Failure::usage("--scheme: nothing to sign with"))?;

    let body = body::read(input, Scheme::BODY_LIMIT)?;
    if !body.complete {
        let limit = Scheme::BODY_LIMIT;
        return Err(Failure::Input(format!("has more than the {limit} bytes that are signed")));
    }
    let mut request = Request::new(());
    *request.method_mut() = settings.method;
    *request.uri_mut() = settings.url;
    *request.headers_mut() = settings.headers;
    let mut signer = told(signer, args).with_origin(&settings.origin);
    if !settings.components.is_empty() {
        signer = signer.with_components(settings.components);
    }
    signer.sign_request(&mut request, &body.bytes, settings.at).map_err(|error| unfit(&error))?;
    if settings.algorithm.is_mac() {
        warn_of_short(Scheme::MIN_SECRET, secret.len());
    }

    // Signatures of others were there before.
    for name in [CONTENT_DIGEST, SIGNATURE_INPUT, SIGNATURE] {
        if let Some(value) = request.headers().get_all(&name).iter().next_back() {
            let line = [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat();
            output.write_all(&line).map_err(Failure::Output)?;
        }
    }
    output.flush().map_err(Failure::Output)?;
    Ok(Verdict::Good)
}

/// Whether the digest of the body is covered as a whole: then it is this verb that writes it.
fn writes_digest(components: &[String]) -> bool {
    let whole = |text: &String| {
        let component = text.parse::<Component>().ok();
        let forms = ["content-digest", "content-digest;sf", "content-digest;bs"];
        forms.iter().any(|form| component.is_some() && form.parse().ok() == component)
    };
    components.is_empty() || components.iter().any(whole)
}

/// What the signature is to say of itself.
fn told(mut signer: MessageSigner, args: &SignArgs) -> MessageSigner {
    let (signatures, made) = (&args.signatures, &args.made);
    if let Some(label) = &signatures.label {
        signer = signer.with_label(label);
    }
    if let Some(tag) = &signatures.tag {
        signer = signer.with_tag(tag);
    }
    if let Some(nonce) = &made.nonce {
        signer = signer.with_nonce(nonce);
    }
    if let Some(seconds) = made.lifetime {
        signer = signer.with_lifetime(Duration::from_secs(seconds));
    }
    if made.digest == Some(Digest::Sha512) {
        signer = signer.with_digest(DigestAlgorithm::Sha512);
    }
    if made.say_algorithm {
        signer = signer.with_algorithm_said();
    }
    signer
}

fn unfit(error: &MessageSignError) -> Failure {
    match error {
        MessageSignError::Component(_) | MessageSignError::Components(_) => {
            Failure::Usage(format!("--component: {error}"))
        }
        MessageSignError::LabelTaken => Failure::Usage(format!("--label: {error}")),
        _ => Failure::usage(error),
    }
}
