use std::sync::Arc;

use rempart_core::Faults;
use rempart_keys::KeyRing;

use super::{PolicyKey, keys_of};
use crate::message::MessageRules;
use crate::public_url::Origins;
use crate::replay::ReplaySubject;
use crate::{
    Algorithm, BodyToken, ConfigError, Coverage, ItemSignatures, MessageSignatures, Part,
    PublicUrl, Scheme, SecretForm, Timestamp,
};

/// What is verified: what a scheme says, what messages say of themselves, a token, or items.
#[derive(Clone)]
pub(crate) enum Rules {
    Items(Box<ItemSignatures>),
    Messages(Arc<MessageRules>),
    Scheme(Box<Scheme>),
    Token(Arc<BodyToken>),
}

impl Rules {
    /// Whether there are keys beside those of the ring.
    pub(super) fn has_keys(&self) -> bool {
        matches!(self, Self::Messages(rules) if rules.wanted.has_senders())
    }

    /// How the keys of the ring are read: for what, of which form, and how long at least.
    pub(super) fn reading(&self, short_secrets: bool) -> (Algorithm, &SecretForm, usize) {
        let (algorithm, form, minimum) = match self {
            Self::Messages(rules) => rules.wanted.reading(),
            Self::Scheme(scheme) => (scheme.algorithm(), scheme.secret_form(), scheme.min_secret()),
            Self::Token(token) => token.reading(),
            Self::Items(items) => items.reading(),
        };
        (algorithm, form, if short_secrets { 0 } else { minimum })
    }

    /// The keys of the ring that may verify.
    pub(super) fn keys(
        &self,
        ring: &KeyRing,
        short_secrets: bool,
        faults: &mut Faults<ConfigError>,
    ) -> Box<[PolicyKey]> {
        let (algorithm, form, minimum) = self.reading(short_secrets);
        let keys = keys_of(algorithm, form, minimum, ring, faults);
        if let Self::Messages(rules) = self {
            rules.check_names(&keys, faults);
        }
        keys
    }

    pub(super) fn body_limit(&self) -> u64 {
        match self {
            Self::Messages(rules) => rules.wanted.body_limit(),
            Self::Scheme(scheme) => scheme.body_limit(),
            Self::Token(token) => token.body_limit(),
            Self::Items(items) => items.body_limit(),
        }
    }

    /// The spellings of the URLs, if a scheme signs one.
    pub(super) fn origins(&self, urls: &[PublicUrl], by_proxy: bool) -> Origins {
        match self {
            Self::Scheme(scheme) if scheme.template().has(&Part::Url) => {
                Origins::new(urls, scheme.url_form(), by_proxy)
            }
            _ => Origins::none(),
        }
    }

    /// What replays are looked for by.
    pub(super) fn subject(&self) -> ReplaySubject<'_> {
        match self {
            Self::Messages(rules) => ReplaySubject {
                scheme: MessageSignatures::NAME,
                coverage: rules.wanted.coverage(),
                window: Some(rules.wanted.window()),
            },
            Self::Scheme(scheme) => ReplaySubject {
                scheme: scheme.name(),
                coverage: scheme.coverage(),
                window: scheme.timestamp().map(Timestamp::accepted),
            },
            Self::Items(items) => {
                ReplaySubject { scheme: items.name(), coverage: items.coverage(), window: None }
            }
            Self::Token(token) => ReplaySubject {
                scheme: token.name(),
                coverage: Coverage::Body,
                window: token.time().window(),
            },
        }
    }
}
