use std::time::Duration;

use rempart_core::{Faults, KeyId};
use thiserror::Error;

use super::component::{Component, MessagePart};
use super::origin::Origin;
use super::{MessageSignatures, Sender};
use crate::{Algorithm, ConfigError, PublicUrl, Window};

/// The longest `keyid` that a sender may have: 1 KiB.
const LONGEST_KEYID: usize = 1024;

impl MessageSignatures {
    /// Adds what does not fit together.
    pub(crate) fn check(&self, urls: &[PublicUrl], faults: &mut Faults<ConfigError>) {
        let origins: Vec<_> = urls.iter().map(Origin::of).collect();
        if origins.is_empty() {
            faults.push(ConfigError::PublicUrlMissing);
        }
        let mut push = |fault: MessageFault| faults.push(ConfigError::MessageSignatures(fault));
        for (nth, origin) in origins.iter().enumerate() {
            if origins.iter().take(nth).any(|other| other.authority == origin.authority) {
                push(MessageFault::OriginTwice { authority: origin.authority.clone() });
            }
        }
        let others = self.senders.iter().map(|sender| sender.algorithm);
        for algorithm in [self.algorithm].into_iter().chain(others) {
            if !is_registered(algorithm) {
                push(MessageFault::Algorithm { algorithm });
            }
        }
        for (nth, Sender { keyid, keys, .. }) in self.senders.iter().enumerate() {
            if keyid.is_empty() || keyid.len() > LONGEST_KEYID || !is_string(keyid) {
                push(MessageFault::Keyid { keyid: keyid.clone() });
            }
            if self.senders.iter().take(nth).any(|other| other.keyid == *keyid) {
                push(MessageFault::KeyidTwice { keyid: keyid.clone() });
            }
            if keys.verifying().next().is_none() {
                push(MessageFault::SenderWithoutKeys { keyid: keyid.clone() });
            }
        }
        if self.window.past() == Duration::ZERO {
            push(MessageFault::WindowEmpty);
        }
        let widest = self.window.past().max(self.window.future());
        if widest > Window::WIDEST {
            push(MessageFault::WindowTooWide { widest });
        }
        if self.label.as_deref().is_some_and(|label| !is_key(label)) {
            push(MessageFault::Label);
        }
        if self.tag.as_deref().is_some_and(|tag| !is_string(tag)) {
            push(MessageFault::Tag);
        }
        if let Some(required) = &self.required {
            if required.is_empty() && !self.takes_nothing {
                push(MessageFault::NothingRequired);
            }
            if required.len() > Self::MAX_COMPONENTS {
                push(MessageFault::TooManyComponents);
            }
            if required.iter().any(of_responses) && required.iter().any(of_requests) {
                push(MessageFault::ComponentsOfBoth);
            }
        }
    }
}

/// Whether [RFC 9421 §6.2] has it.
///
/// [RFC 9421 §6.2]: https://www.rfc-editor.org/rfc/rfc9421#section-6.2
pub(super) const fn is_registered(algorithm: Algorithm) -> bool {
    !matches!(algorithm, Algorithm::HmacSha1 | Algorithm::HmacSha512 | Algorithm::SharedSecret)
}

fn of_responses(component: &Component) -> bool {
    component.of_request || component.part == MessagePart::Status
}

fn of_requests(component: &Component) -> bool {
    !of_responses(component) && !matches!(component.part, MessagePart::Field(..))
}

/// Whether a structured field may hold it between quotation marks.
pub(super) fn is_string(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether it may be a key of a dictionary.
pub(super) fn is_key(text: &str) -> bool {
    let begins = |byte: &u8| matches!(byte, b'a'..=b'z' | b'*');
    let goes_on = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*');
    text.as_bytes().first().is_some_and(begins) && text.bytes().all(goes_on)
}

/// One fault of a [`MessageSignatures`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageFault {
    /// RFC 9421 registers no such algorithm.
    #[error("algorithm: {algorithm:?} is none of the registered ones")]
    Algorithm {
        /// Which one.
        algorithm: Algorithm,
    },
    /// Components of a request and of a response are never in one message.
    #[error("required: no message has components of a request and of a response")]
    ComponentsOfBoth,
    /// No message carries such a text.
    #[error("senders: `{keyid}` is not 1 to {LONGEST_KEYID} printable ASCII characters")]
    Keyid {
        /// The text.
        keyid: String,
    },
    /// Two keys of the policy have one name.
    #[error("senders: the name `{key}` is that of two keys")]
    KeyTwice {
        /// The name.
        key: KeyId,
    },
    /// A `keyid` would stand for two senders.
    #[error("senders: `{keyid}` is there twice")]
    KeyidTwice {
        /// The text.
        keyid: String,
    },
    /// No message carries such a label.
    #[error("label: is not of `[a-z*][a-z0-9_.*-]*`")]
    Label,
    /// A signature over nothing would be good.
    #[error(
        "required: no component, add `.dangerously_without_required_components()` if none is meant"
    )]
    NothingRequired,
    /// Two origins that only the scheme tells apart: a request does not say which it called.
    #[error("public_urls: `{authority}` is there twice")]
    OriginTwice {
        /// Host and port.
        authority: String,
    },
    /// No key of the sender's ring verifies.
    #[error("senders.{keyid}: has no key that verifies")]
    SenderWithoutKeys {
        /// The sender.
        keyid: String,
    },
    /// No message carries such a tag.
    #[error("tag: is not of printable ASCII characters")]
    Tag,
    /// No signature covers so many.
    #[error("required: more than {} components", MessageSignatures::MAX_COMPONENTS)]
    TooManyComponents,
    /// No time would ever lie in the window.
    #[error("window: reaches no time in the past")]
    WindowEmpty,
    /// A signature would be good for too long.
    #[error("window: {widest:?} is more than {:?}", Window::WIDEST)]
    WindowTooWide {
        /// The wider of its two sides.
        widest: Duration,
    },
}
