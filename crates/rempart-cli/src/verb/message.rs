//! HTTP message signatures (RFC 9421), where other verbs have a scheme.

mod sign;
mod verify;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, Uri};
use rempart::keys::Secret;
use rempart::signature::{Algorithm, Component, MessageSignatures, PublicUrl};

pub(crate) use self::sign::sign;
pub(super) use self::verify::question;
use crate::args::{MessageArgs, SecretForm, SignaturesArgs};
use crate::failure::{Failure, Faults};
use crate::field;

/// What `--scheme` says in place of a scheme's name.
pub(super) const NAME: &str = "message";

/// The longest `keyid`.
const LONGEST_KEYID: usize = 1024;

/// Of these RFC 9421 registers none.
const UNREGISTERED: [Algorithm; 3] =
    [Algorithm::HmacSha1, Algorithm::HmacSha512, Algorithm::SharedSecret];

/// What both verbs are told of a signature and of its message.
struct Settings {
    algorithm: Algorithm,
    keyid: String,
    components: Vec<Component>,
    method: Method,
    url: Uri,
    origin: PublicUrl,
    headers: HeaderMap,
    at: Duration,
}

impl Settings {
    /// Reads the options, and names whatever is wrong with them.
    fn read(message: &MessageArgs, args: &SignaturesArgs, faults: &mut Faults) -> Option<Self> {
        let algorithm = algorithm(args.algorithm.as_deref(), faults);
        let keyid = keyid(args.keyid.as_deref(), faults);
        let components = components(&args.components, faults);
        if args.label.as_deref().is_some_and(|label| !is_label(label)) {
            faults.push("--label: is not of `[a-z*][a-z0-9_.*-]*`");
        }
        check_text("--tag", args.tag.as_deref(), faults);
        let method = faults.take(message.method.parse().map_err(|_| "--method: not a method"));
        let (url, origin) = url(message, args, faults);
        let headers = faults.take(field::headers(&message.headers));
        if args.secret_form.is_some() && algorithm.is_some_and(|algorithm| !algorithm.is_mac()) {
            faults.push("--secret-form: only for hmac-sha256, keys of pairs say their form");
        }
        Some(Self {
            algorithm: algorithm?,
            keyid: keyid?,
            components,
            method: method?,
            url: url?,
            origin: origin?,
            headers: headers?,
            at: message.at.map_or_else(crate::stamp::now, Duration::from_secs),
        })
    }
}

/// Refuses options that a scheme has no use for.
pub(super) fn only_here(given: &[&str]) -> Result<(), Failure> {
    if given.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(format!("{}: only with `--scheme {NAME}`", given.join(", "))))
}

/// The bytes of a secret, as it is written.
fn read_secret(secret: Secret, form: Option<SecretForm>) -> Result<Secret, Failure> {
    match form {
        None | Some(SecretForm::Text) => Ok(secret),
        Some(SecretForm::Base64) => {
            let bytes = STANDARD.decode(secret.expose()).ok();
            let secret = bytes.and_then(|bytes| Secret::from_binary(bytes).ok());
            secret.ok_or_else(|| Failure::usage("--secret-form: the secret is no Base64"))
        }
    }
}

fn algorithm(name: Option<&str>, faults: &mut Faults) -> Option<Algorithm> {
    let registered = || Algorithm::ALL.iter().filter(|one| !UNREGISTERED.contains(one)).copied();
    let known = registered().find(|algorithm| Some(algorithm.name()) == name);
    if known.is_none() {
        let names: Vec<_> = registered().map(Algorithm::name).collect();
        faults.push(format!("--algorithm: one of {}", names.join(", ")));
    }
    known
}

fn keyid(text: Option<&str>, faults: &mut Faults) -> Option<String> {
    let Some(text) = text else {
        faults.push("--keyid: not given");
        return None;
    };
    if text.is_empty() || text.len() > LONGEST_KEYID || !is_printable(text) {
        faults.push(format!("--keyid: is not 1 to {LONGEST_KEYID} printable ASCII characters"));
        return None;
    }
    Some(text.to_owned())
}

fn components(texts: &[String], faults: &mut Faults) -> Vec<Component> {
    let mut components: Vec<Component> = Vec::new();
    for (text, nth) in texts.iter().zip(1_usize..) {
        match text.parse() {
            Ok(component) if components.contains(&component) => {
                faults.push(format!("--component: number {nth} is there twice"));
            }
            Ok(component) if is_of_response(&component) => {
                faults.push(format!("--component: number {nth} is one of responses"));
            }
            Ok(component) => components.push(component),
            Err(error) => faults.push(format!("--component: number {nth} {error}")),
        }
    }
    if components.len() > MessageSignatures::MAX_COMPONENTS {
        faults.push(format!("--component: more than {}", MessageSignatures::MAX_COMPONENTS));
    }
    components
}

/// Whether only responses have it: their status, and parts of the request that they answer.
fn is_of_response(component: &Component) -> bool {
    let text = component.to_string();
    // What is between quotation marks is every other part.
    let mut bare = text.split('"').step_by(2);
    text == "\"@status\"" || bare.any(|parameters| parameters.split(';').any(|name| name == "req"))
}

/// The URL that is called, and the one under which the service is known.
fn url(
    message: &MessageArgs,
    args: &SignaturesArgs,
    faults: &mut Faults,
) -> (Option<Uri>, Option<PublicUrl>) {
    if message.url.is_none() {
        faults.push("--url: not given, and a signature covers it");
    }
    let url = message.url.as_ref().map(|url| url.parse::<Uri>().map_err(|_| "--url: not a URL"));
    let url = url.and_then(|url| faults.take(url));
    let origin = match (&args.origin, &url) {
        (Some(origin), _) => {
            let origin = origin.parse::<PublicUrl>();
            faults.take(origin.map_err(|error| format!("--origin: {error}")))
        }
        (None, Some(url)) => {
            let origin = PublicUrl::origin_of(url);
            faults.take(origin.map_err(|error| format!("--url: {error}, or add --origin")))
        }
        (None, None) => None,
    };
    (url, origin)
}

/// Refuses what no structured field holds between quotation marks.
fn check_text(option: &str, text: Option<&str>, faults: &mut Faults) {
    if text.is_some_and(|text| !is_printable(text)) {
        faults.push(format!("{option}: is not of printable ASCII characters"));
    }
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a structured field may have it for a key.
fn is_label(text: &str) -> bool {
    let later = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*');
    text.starts_with(|first: char| matches!(first, 'a'..='z' | '*')) && text.bytes().all(later)
}
