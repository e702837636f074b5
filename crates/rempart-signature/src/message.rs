//! HTTP message signatures: which parts of a message were signed, said in the message itself.

mod base;
mod check;
mod component;
mod origin;
mod parameters;
mod query;
mod rules;
mod signed;
mod signer;
pub mod structured;
mod verify;

use http::HeaderName;
use rempart_keys::KeyRing;

pub(crate) use self::base::joined;
pub use self::check::MessageFault;
pub use self::component::{Component, ComponentError};
pub(crate) use self::rules::MessageRules;
pub use self::signed::SignedComponents;
pub use self::signer::{MessageSignError, MessageSigner};
use self::structured::FieldType;
pub(crate) use self::verify::{Accepted, decide};
pub use self::verify::{ResponseHead, verify_response};
#[cfg(feature = "explain")]
pub(crate) use self::verify::{SIGNATURE_INPUT, made};
use crate::{Algorithm, Coverage, Scheme, SecretForm, Window};

/// Says whose HTTP message signatures are good, and what they must cover ([RFC 9421]).
///
/// A value, as a [`Scheme`] is, and given to a policy in its place:
///
/// ```
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{Algorithm, MessageSignatures, Policy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let ring = KeyRing::single(KeyId::new("billing-1")?, Secret::new("made-up-for-the-docs")?);
/// let policy = Policy::builder("billing")
///     .message_signatures(MessageSignatures::new(Algorithm::HmacSha256))
///     // The keys' names are the `keyid`s.
///     .keys(ring)
///     .public_url("https://api.example.com".parse()?)
///     .dangerously_without_read_deadline()
///     .build()?;
/// # let _ = policy; Ok(())
/// # }
/// ```
///
/// Without another word a signature says when it was made, at most five minutes ago, names its
/// key, and covers method, target URI and, through `Content-Digest`, the body. Origins are
/// configuration: `@authority`, `@scheme` and `@target-uri` are those of the policy's public URL, or of
/// [one of several](crate::PolicyBuilder::public_urls), never what the request says of itself. So are algorithms: an `alg` in a message is compared
/// with the key's, and chooses nothing.
///
/// Nothing is checked here: a [`Policy`](crate::Policy) checks it when it is built, and names every
/// part that does not fit.
///
/// [RFC 9421]: https://www.rfc-editor.org/rfc/rfc9421
#[derive(Clone, Debug)]
pub struct MessageSignatures {
    algorithm: Algorithm,
    secret_form: SecretForm,
    min_secret: usize,
    senders: Vec<Sender>,
    required: Option<Vec<Component>>,
    takes_nothing: bool,
    needs_digest: bool,
    window: Window,
    label: Option<String>,
    tag: Option<String>,
    types: Vec<(HeaderName, FieldType)>,
    asks: bool,
    body_limit: u64,
}

/// A `keyid` that is not the name of a key, and whose keys it stands for.
#[derive(Clone, Debug)]
struct Sender {
    keyid: String,
    algorithm: Algorithm,
    keys: KeyRing,
}

impl MessageSignatures {
    /// The most signatures that one message may carry.
    pub const MAX_SIGNATURES: usize = 4;

    /// The most components that one signature may cover.
    pub const MAX_COMPONENTS: usize = component::Covered::MOST;

    /// The most bytes that are signed of a message, its body aside: 16 KiB.
    pub const MAX_BASE: usize = base::MAX_BASE;

    /// The most bytes of `Signature-Input`, and of `Signature`: 8 KiB.
    pub const MAX_HEADER: usize = 8 * 1024;

    /// The name under which these signatures go in [`Verified`](crate::Verified).
    pub const NAME: &'static str = "http-message-signatures";

    /// Takes signatures by this algorithm, by the keys of the policy's ring: the `keyid` is the
    /// key's name.
    #[must_use]
    pub const fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            secret_form: SecretForm::Text,
            min_secret: Scheme::MIN_SECRET,
            senders: Vec::new(),
            required: None,
            takes_nothing: false,
            needs_digest: true,
            window: Window::DEFAULT,
            label: None,
            tag: None,
            types: Vec::new(),
            asks: false,
            body_limit: Scheme::BODY_LIMIT,
        }
    }

    /// Takes signatures whose `keyid` is this text, of whatever length, by the keys of this ring.
    ///
    /// For senders that name their keys themselves, by a URL or a thumbprint. The names in the ring
    /// are ours: they stand in [`Verified`](crate::Verified) and in the log.
    #[must_use]
    pub fn with_sender(
        mut self,
        keyid: impl Into<String>,
        algorithm: Algorithm,
        keys: KeyRing,
    ) -> Self {
        self.senders.push(Sender { keyid: keyid.into(), algorithm, keys });
        self
    }

    /// Asks for at least these components, in place of `@method` and `@target-uri` (of a response:
    /// `@status`). `content-digest` is asked for besides, where there is a body.
    ///
    /// `@target-uri` is also covered by `@authority` together with `@path` and `@query`, or with
    /// `@request-target`. There is to be one component at least.
    #[must_use]
    pub fn with_required(mut self, components: impl IntoIterator<Item = Component>) -> Self {
        self.required = Some(components.into_iter().collect());
        self.takes_nothing = false;
        self
    }

    /// Takes signatures over any components, or over none but `content-digest`, where there is a body.
    ///
    /// # Security
    ///
    /// A signature over nothing is good for every request without a body. What a handler relies on is to
    /// be looked up in [`SignedComponents`].
    #[must_use]
    pub fn dangerously_without_required_components(mut self) -> Self {
        self.required = Some(Vec::new());
        self.takes_nothing = true;
        self
    }

    /// Takes signatures that leave the body out.
    ///
    /// # Security
    ///
    /// Whoever has seen one signed request sends it again with another body. The policy's coverage
    /// is [`Coverage::Fields`] then. A digest that is covered is compared all the same.
    #[must_use]
    pub const fn dangerously_without_content_digest(mut self) -> Self {
        self.needs_digest = false;
        self
    }

    /// Takes signatures that were made within this window; [`Window::DEFAULT`] otherwise.
    #[must_use]
    pub const fn with_window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// Takes the signature of this label alone. With a [`ReplayStore`](crate::ReplayStore) the others
    /// are looked at all the same: labels are not signed, and whoever carries a message renames them.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Looks at signatures with this `tag` alone: it says for which application one was made.
    /// Without this word, at signatures without a tag.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// Says of which kind a structured field is, so that a signer may cover it with `sf`. Those
    /// that are registered are known.
    #[must_use]
    pub fn with_structured_field(mut self, name: HeaderName, kind: FieldType) -> Self {
        self.types.push((name, kind));
        self
    }

    /// Tells in the `Accept-Signature` of every 401 what has to be signed ([RFC 9421 §5]).
    ///
    /// [RFC 9421 §5]: https://www.rfc-editor.org/rfc/rfc9421#section-5
    #[must_use]
    pub const fn with_accept_signature(mut self) -> Self {
        self.asks = true;
        self
    }

    /// Makes the keys of MACs of secrets in another way.
    #[must_use]
    pub fn with_secret_form(mut self, form: SecretForm) -> Self {
        self.secret_form = form;
        self
    }

    /// Asks for MAC keys of at least so many bytes; [`Scheme::MIN_SECRET`] otherwise, and
    /// fewer only with [`dangerously_short_secrets`](crate::PolicyBuilder::dangerously_short_secrets).
    #[must_use]
    pub const fn with_min_secret(mut self, bytes: usize) -> Self {
        self.min_secret = bytes;
        self
    }

    /// Takes bodies of at most so many bytes, unless the policy says otherwise.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The longest body, unless the policy says otherwise.
    #[must_use]
    pub const fn body_limit(&self) -> u64 {
        self.body_limit
    }

    pub(crate) const fn window(&self) -> Window {
        self.window
    }

    /// How much of a message a signature covers at least.
    #[must_use]
    pub const fn coverage(&self) -> Coverage {
        if self.needs_digest { Coverage::Body } else { Coverage::Fields }
    }

    /// Whether other keys than those of the policy's ring can be good.
    pub(crate) const fn has_senders(&self) -> bool {
        !self.senders.is_empty()
    }

    /// Whether the signature of this label is looked at.
    fn takes_label(&self, label: &str) -> bool {
        self.label.as_deref().is_none_or(|only| only == label)
    }

    /// What has to be covered, `content-digest` aside.
    fn required(&self, of_response: bool) -> Vec<Component> {
        match &self.required {
            Some(components) => components.clone(),
            None if of_response => vec![Component::status()],
            None => vec![Component::method(), Component::target_uri()],
        }
    }
}
