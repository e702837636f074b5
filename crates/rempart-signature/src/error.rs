use std::time::Duration;

use http::HeaderName;
use rempart_core::{KeyId, NameError};
use thiserror::Error;

use crate::{
    Coverage, Member, MemoryReplayStore, MessageFault, Part, Policy, PublicUrl, Scheme,
    TemplateError, TokenFault, Window,
};

/// Every fault of a configuration, in the order of its fields.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of a configuration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The policy's name is none.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// The policy has no scheme.
    #[error("scheme: not given")]
    SchemeMissing,
    /// One way of signing is verified, and no other beside it.
    #[error("scheme: given more than once: as a scheme, message signatures, a token or items")]
    SeveralSchemes,
    /// A fault of the token.
    #[error("body_token.{0}")]
    BodyToken(TokenFault),
    /// A fault of the message signatures.
    #[error("message_signatures.{0}")]
    MessageSignatures(MessageFault),
    /// Two things would be read from one header.
    #[error("scheme: header `{header}` has two meanings")]
    HeaderReused {
        /// The header.
        header: HeaderName,
    },
    /// The alternative's headers are not the scheme's own under other names.
    #[error(
        "scheme.alternative: names a time or an id exactly where the scheme has one in a header"
    )]
    AlternativeIncomplete,
    /// The header's value cannot be taken apart so: a prefix that no header carries, a separator
    /// that may stand in a signature, keys that are empty, the same or not `[A-Za-z0-9_]`.
    #[error("scheme.extraction: the parts of the header cannot be told apart")]
    Extraction,
    /// Only ECDSA signatures are two numbers.
    #[error("scheme.encoding: only ECDSA signatures are written in DER")]
    EncodingUnfit,
    /// A MAC needs a secret, and everything else a public key.
    #[error("scheme.secret_form: `PublicKey` is for public keys, and for them there is no other")]
    SecretFormUnfit,
    /// The signature stands in a header, and it is not said in which; or in the body and in a header.
    #[error("scheme.header: a signature stands in headers or in the body")]
    SignatureUndefined,
    /// More headers than signatures that are looked at.
    #[error(
        "scheme.header: {count} of them, at most {} may carry signatures",
        Scheme::MAX_SIGNATURES
    )]
    TooManyHeaders {
        /// How many.
        count: usize,
    },
    /// A path that names no member: at most four names of `[A-Za-z0-9_-]`, set apart by dots.
    #[error("scheme: `{member}` names no member of a body")]
    Member {
        /// The path.
        member: Member,
    },
    /// The signature stands in the body that it would cover.
    #[error("scheme.template: a signature that stands in the body cannot cover it")]
    SignatureInBody,
    /// A shared secret is sent as it is and signs nothing, and no signature is sent as it is.
    #[error("scheme.algorithm: a shared secret is written plainly, and its template is empty")]
    SharedSecret,
    /// The signature covers less than the body.
    #[error(
        "scheme.template: the signature does not cover the body (coverage: {coverage}), \
         add `.dangerously_accept_coverage(…)` if nothing else is to be had"
    )]
    BodyNotCovered {
        /// What it covers.
        coverage: Coverage,
    },
    /// The template has the body more than once.
    #[error("scheme.template: the body is there more than once")]
    BodyCoveredTwice,
    /// What is signed could be cut in two ways: one signature would cover two messages.
    #[error("scheme.template: nothing tells where {part:?} ends and {next:?} begins")]
    NoMarkBetween {
        /// What stands before the place.
        part: Part,
        /// What stands behind it.
        next: Part,
    },
    /// The time is read and not signed: a replay would set it as it likes.
    #[error("scheme.timestamp: not signed, add `{{timestamp}}` to the template")]
    TimestampNotSigned,
    /// The template signs a time, and the scheme does not say where it stands.
    #[error("scheme.timestamp: does not stand where the template signs one")]
    TimestampUndefined,
    /// No time would ever lie in the window.
    #[error("scheme.timestamp.window: reaches no time in the past")]
    WindowEmpty,
    /// A signature would be good for too long.
    #[error("scheme.timestamp.window: {widest:?} is more than {:?}", Window::WIDEST)]
    WindowTooWide {
        /// The wider of its two sides.
        widest: Duration,
    },
    /// The template signs an id, and the scheme does not say where it stands; or it stands where it
    /// is not signed.
    #[error("scheme.id: does not stand where the template signs one")]
    IdUndefined,
    /// Names of headers would be read, and neither they nor what they hold be signed.
    #[error(
        "scheme.signed_headers: needs a list of elements, and a template of `{{header-names}}` and \
         `{{header-values}}`"
    )]
    HeadersNotSigned,
    /// The template signs headers, and the scheme does not say which.
    #[error("scheme.signed_headers: the template signs some, and it is not said which")]
    HeadersUndefined,
    /// No template.
    #[error("scheme.template: {0}")]
    Template(#[from] TemplateError),
    /// A text that names no header.
    #[error("scheme: `{name}` is no name of a header")]
    HeaderName {
        /// The text.
        name: String,
    },
    /// The digest would stand in a URL that is not signed, or cover what is signed already.
    #[error("scheme.digest_parameter: needs a template of `{{url}}` and `{{form}}`")]
    DigestParameterNotSigned,
    /// Spellings of a URL that is not signed.
    #[error("scheme.url_form: the template does not sign a URL")]
    UrlNotSigned,
    /// The challenge is not that of the scheme's sender, or of its scheme as the sender has it.
    #[error("challenge: `{challenge}` does not belong to the scheme `{scheme}` as it is")]
    ForeignChallenge {
        /// Whose challenge.
        challenge: &'static str,
        /// The name of the scheme.
        scheme: String,
    },
    /// The token that Meta shows could be guessed.
    #[error("challenge: the verify token has {length} bytes, at least {minimum} are needed")]
    VerifyTokenTooShort {
        /// How many bytes it has.
        length: usize,
        /// How many it must have.
        minimum: usize,
    },
    /// The template signs the URL, and nobody said which.
    #[error("public_url: not given, and the scheme signs it")]
    PublicUrlMissing,
    /// Two URLs at one host: a proxy says which host was asked for, and not which path it took away.
    #[error("public_urls: `{url}` is at a host that another one is at")]
    PublicUrlTwice {
        /// The later one.
        url: PublicUrl,
    },
    /// No request would ever be taken.
    #[error("methods: none")]
    NoMethods,
    /// The policy has no keys.
    #[error("keys: not given, or none of them verifies")]
    NoKeys,
    /// The policy of a sender has no key that signs.
    #[error("keys: not given, or none of them is active")]
    NoSigningKey,
    /// Keys for everybody, and keys for each tenant.
    #[error("keys: a policy has them itself, or its tenants do")]
    KeysAndTenants,
    /// Too many tenants would be kept, or none.
    #[error("tenants.capacity: {capacity} is not between 2 and {}", crate::Tenants::MAX_CAPACITY)]
    TenantCapacity {
        /// What was asked for.
        capacity: usize,
    },
    /// Every look-up would be too late, or forgotten at once.
    #[error("tenants: the time to live or the time-out is 0")]
    TenantTimeZero,
    /// Messages name their keys themselves.
    #[error("tenants: not for message signatures, whose keys are found by `keyid`")]
    TenantsOfMessages,
    /// A time-out that nothing measures.
    #[error("tenants: need a timer for their time-out, add `.timer(…)`")]
    TenantsWithoutTimer,
    /// A MAC is verified with the secret that made it: with a public key as the secret, everybody
    /// could sign.
    #[error("keys.{key}: is half of a pair of keys, and the scheme's MAC needs a shared secret")]
    SecretOfPair {
        /// Whose secret.
        key: KeyId,
    },
    /// Not a public key, or one of another algorithm.
    #[error("keys.{key}: is no public key of the scheme's algorithm")]
    PublicKeyForm {
        /// Which key.
        key: KeyId,
    },
    /// Not a private key, or one of another algorithm: nothing can be signed with it.
    #[error("keys.{key}: is no private key of the scheme's algorithm")]
    PrivateKeyForm {
        /// Which key.
        key: KeyId,
    },
    /// Only the sender should have it.
    #[error("keys.{key}: is a private key, and only its public half is needed here")]
    PublicKeyIsPrivate {
        /// Which key.
        key: KeyId,
    },
    /// Of small order, or too short: such a key takes forged signatures for good.
    #[error("keys.{key}: the public key is weak")]
    PublicKeyWeak {
        /// Which key.
        key: KeyId,
    },
    /// The secret is not of the scheme's form.
    #[error("keys.{key}: the secret is not of the form that the scheme asks for")]
    SecretForm {
        /// Whose secret.
        key: KeyId,
    },
    /// The secret could be guessed.
    #[error("keys.{key}: the secret has {length} bytes, at least {minimum} are needed")]
    SecretTooShort {
        /// Whose secret.
        key: KeyId,
        /// How many bytes it has, decoded.
        length: usize,
        /// How many it must have.
        minimum: usize,
    },
    /// What is asked of secrets is less than keeps one from being guessed.
    #[error(
        "min_secret: {minimum} bytes, at least {} are asked for, but with \
         `.dangerously_short_secrets()`",
        Scheme::MIN_SECRET
    )]
    MinSecretTooLow {
        /// What would be asked for.
        minimum: usize,
    },
    /// Each key is one more MAC for each request.
    #[error("keys: {count} of them, at most {} may verify", Policy::MAX_KEYS)]
    TooManyKeys {
        /// How many, those that one secret lists included.
        count: usize,
    },
    /// No body would ever be taken.
    #[error("body_limit: is 0")]
    BodyLimitZero,
    /// No body would ever be in time.
    #[error("read_deadline: is 0")]
    DeadlineZero,
    /// A deadline that nothing measures.
    #[error("read_deadline: needs a timer, add `.timer(…)`")]
    DeadlineWithoutTimer,
    /// The largest body would be refused with nothing else in memory.
    #[error("buffer_budget: {budget} bytes, at least {least} are needed for one body")]
    BufferBudgetTooSmall {
        /// What was given.
        budget: u64,
        /// What one body takes at most, in its smallest pieces.
        least: u64,
    },
    /// No room at all, or more than a process has.
    #[error(
        "replay store: a capacity of {entries} entries is not within 1 to {}",
        MemoryReplayStore::MAX_CAPACITY
    )]
    ReplayCapacity {
        /// What was given.
        entries: usize,
    },
    /// A claim would end at once, or outlive a process that died by too long.
    #[error(
        "replay_lease: {lease:?} is not above 0 and at most {:?}",
        Policy::LONGEST_REPLAY_LEASE
    )]
    ReplayLease {
        /// What was given.
        lease: Duration,
    },
    /// The scheme signs nothing of a message: the first would stand for all.
    #[error("replay: the signature covers nothing that tells one request from another")]
    ReplayOfNothing,
    /// How long requests are to be remembered cannot be told from the scheme.
    #[error("replay_ttl: not given, and the scheme signs no time")]
    ReplayTtlMissing,
    /// Requests would be remembered for longer than a store can be expected to.
    #[error("replay_ttl: {ttl:?} is more than {:?}", Policy::LONGEST_REPLAY_TTL)]
    ReplayTtlTooLong {
        /// What was given.
        ttl: Duration,
    },
    /// A request would be forgotten while it is still good.
    #[error("replay_ttl: {ttl:?}, and a signed time is good for {least:?}")]
    ReplayTtlTooShort {
        /// What was given.
        ttl: Duration,
        /// How long a signed time is good for.
        least: Duration,
    },
    /// A lease or a time to live, and nothing that would keep to it.
    #[error("replay: no store is given, add `.replay(…)`")]
    ReplayWithoutStore,
    /// Nothing fetches certificates.
    #[cfg(any(feature = "paypal", feature = "sns"))]
    #[error("fetcher: not given")]
    FetcherMissing,
    /// No signed time would lie in the window, or too many.
    #[cfg(any(feature = "paypal", feature = "sns"))]
    #[error("window: is 0 in the past, or more than {:?}", Window::WIDEST)]
    Window,
    /// Everybody with an account could have a topic that posts here.
    #[cfg(feature = "sns")]
    #[error("topics: not given")]
    TopicMissing,
    /// Not `arn:…:sns:REGION:ACCOUNT:NAME`.
    #[cfg(feature = "sns")]
    #[error("topics: `{topic}` is no topic's ARN")]
    Topic {
        /// What was given.
        topic: String,
    },
    /// The webhook's id is not given, or has characters that none has.
    #[cfg(feature = "paypal")]
    #[error("webhook_id: not given, or not of letters and digits")]
    WebhookId,
    /// The signature does not cover the body, but a checksum of it.
    #[cfg(feature = "paypal")]
    #[error(
        "coverage: the signature covers a checksum of the body, add `.dangerously_accept_checksum()`"
    )]
    ChecksumOnly,
}
