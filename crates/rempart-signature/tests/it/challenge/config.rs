//! A challenge belongs to the scheme of its sender.

use http::HeaderName;
use rempart_core::ManualClock;
use rempart_keys::Secret;
use rempart_signature::{Algorithm, Challenge, ConfigError, Scheme, TimeUnit, Timestamp, Window};

use super::VERIFY_TOKEN;
use crate::support::{NOW, builder};

fn challenges() -> Vec<Challenge> {
    let token = Secret::new(VERIFY_TOKEN).unwrap();
    vec![
        #[cfg(feature = "ed25519")]
        Challenge::discord(),
        Challenge::dropbox(),
        Challenge::meta(token),
        Challenge::slack(),
        Challenge::twitch(),
        Challenge::zoom(),
    ]
}

fn faults(scheme: Scheme, challenge: Challenge) -> Vec<ConfigError> {
    let url = "https://api.example.test".parse().unwrap();
    let builder = builder(scheme, &ManualClock::at(NOW)).public_url(url);
    let built = builder.challenge(challenge).dangerously_short_secrets().build();
    built.err().map_or_else(Vec::new, |faults| faults.iter().cloned().collect())
}

#[test]
fn belongs_to_no_other_sender() {
    for challenge in challenges() {
        for scheme in Scheme::presets().filter(|scheme| scheme.name() != challenge.sender()) {
            // Keys of one kind of scheme are none of another: that is told beside.
            let fault = ConfigError::ForeignChallenge {
                challenge: challenge.sender(),
                scheme: scheme.name().to_owned(),
            };
            assert!(faults(scheme, challenge.clone()).contains(&fault), "{challenge}");
        }
    }
}

#[test]
fn belongs_to_what_its_sender_signs_and_to_nothing_altered() {
    let zoom = Scheme::zoom;
    let template = |text: &str| text.parse().unwrap();
    let header = HeaderName::from_static("x-other");
    let time = HeaderName::from_static("x-zm-request-timestamp");
    let lenient = Timestamp::header(time)
        .unit(TimeUnit::Seconds)
        .window(Window::symmetric(std::time::Duration::from_secs(60)));
    #[rustfmt::skip]
    let rows = [
        ("as it is",             zoom(),                                                  true),
        ("another limit",        zoom().with_body_limit(9999),                            true),
        ("another window",       zoom().with_timestamp(lenient),                          true),
        ("another name",         zoom().with_name("mine"),                                false),
        ("another header",       zoom().with_header(header),                              false),
        // What it signs could then be a token.
        ("the body by itself",   zoom().with_template(template("{timestamp}{body}")),     false),
        ("another MAC",          zoom().with_algorithm(Algorithm::HmacSha1),              false),
        ("another's, renamed",   Scheme::vapi().with_name("zoom"),                        false),
    ];
    for (name, scheme, fits) in rows {
        assert_eq!(faults(scheme, Challenge::zoom()).is_empty(), fits, "{name}");
    }
    let github = Scheme::github();
    let token = || Secret::new(VERIFY_TOKEN).unwrap();
    assert_eq!(github.header(), Scheme::meta().header());
    assert!(!faults(github, Challenge::meta(token())).is_empty(), "the same header");
    assert!(faults(Scheme::meta(), Challenge::meta(token())).is_empty());
}

#[test]
fn a_verify_token_that_could_be_guessed_is_refused() {
    let build = |token: &str| {
        let challenge = Challenge::meta(Secret::new(token).unwrap());
        builder(Scheme::meta(), &ManualClock::at(NOW)).challenge(challenge)
    };
    let short = ConfigError::VerifyTokenTooShort { length: 15, minimum: 16 };
    assert!(build("a-short-token-1").build().unwrap_err().iter().eq([&short]));
    assert!(build("a-short-token-1").dangerously_short_secrets().build().is_ok());
    assert!(build("a-short-token-12").build().is_ok());
    assert!(short.to_string().starts_with("challenge: "));
}

#[test]
fn stays_when_keys_change() {
    let policy = super::policy(&Scheme::slack(), Challenge::slack());
    let changed = policy.with_keys(crate::support::ring().revoke_all()).unwrap();
    assert_eq!(changed.challenge().map(Challenge::sender), Some("slack"));
}
