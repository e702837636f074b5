use std::borrow::Cow;

use http::HeaderName;

use super::{
    Coverage, Encoding, Extraction, HeaderFamily, IdSource, Member, Scheme, SecretForm,
    SignedHeaders, Template, Timestamp, TimestampSource, UrlForm,
};
use crate::Algorithm;

impl Scheme {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name, without a copy when it is a literal.
    pub(crate) const fn name_shared(&self) -> &Cow<'static, str> {
        &self.name
    }

    /// The header of the signature; none if it stands in the body.
    #[must_use]
    pub const fn header(&self) -> Option<&HeaderName> {
        self.header.as_ref()
    }

    /// The headers in which further signatures may stand.
    #[must_use]
    pub fn further_headers(&self) -> &[HeaderName] {
        &self.further
    }

    /// The other headers in which a request may be signed, if there are any.
    #[must_use]
    pub const fn alternative(&self) -> Option<&HeaderFamily> {
        self.alternative.as_ref()
    }

    /// How signatures stand in that header.
    #[must_use]
    pub const fn extraction(&self) -> &Extraction {
        &self.extraction
    }

    /// How a signature is written.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The MAC, or what else signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How a key is made of a secret.
    #[must_use]
    pub const fn secret_form(&self) -> &SecretForm {
        &self.secret_form
    }

    /// The fewest bytes of a key.
    #[must_use]
    pub const fn min_secret(&self) -> usize {
        self.min_secret
    }

    /// What is signed.
    #[must_use]
    pub const fn template(&self) -> &Template {
        &self.template
    }

    /// The signed time, if there is one.
    #[must_use]
    pub const fn timestamp(&self) -> Option<&Timestamp> {
        self.timestamp.as_ref()
    }

    pub(crate) fn time_source(&self) -> Option<&TimestampSource> {
        self.timestamp.as_ref().map(Timestamp::source)
    }

    /// The header of the message's id, if it stands in one.
    #[must_use]
    pub const fn id(&self) -> Option<&HeaderName> {
        match &self.id {
            Some(IdSource::Header(header)) => Some(header),
            _ => None,
        }
    }

    /// The member of the body that holds the message's id, if it stands there.
    #[must_use]
    pub const fn id_member(&self) -> Option<&Member> {
        match &self.id {
            Some(IdSource::Member(member)) => Some(member),
            _ => None,
        }
    }

    /// How the sender says which headers it signed, if it signs any.
    #[must_use]
    pub const fn signed_headers(&self) -> Option<&SignedHeaders> {
        self.signed_headers.as_ref()
    }

    /// Whether the signature, and what it covers, stand in the body.
    pub(crate) const fn is_in_body(&self) -> bool {
        matches!(self.extraction, Extraction::Member(_))
    }

    /// The member of the body that holds the time.
    pub(crate) const fn time_member(&self) -> Option<&Member> {
        match self.timestamp.as_ref() {
            Some(timestamp) => match timestamp.source() {
                TimestampSource::Member(member) => Some(member),
                TimestampSource::Element(_) | TimestampSource::Header(_) => None,
            },
            None => None,
        }
    }

    /// Whether a time or an id stands in the body.
    pub(crate) const fn reads_members(&self) -> bool {
        self.time_member().is_some() || self.id_member().is_some()
    }

    /// The parameter of the URL that may hold the body's digest.
    #[must_use]
    pub fn digest_parameter(&self) -> Option<&str> {
        self.digest_parameter.as_deref()
    }

    /// Which spellings of the public URL may have been signed.
    #[must_use]
    pub const fn url_form(&self) -> UrlForm {
        self.url_form
    }

    /// The longest body, unless the policy says otherwise.
    #[must_use]
    pub const fn body_limit(&self) -> u64 {
        self.body_limit
    }

    /// How much of a message the signature covers.
    #[must_use]
    pub const fn coverage(&self) -> Coverage {
        self.template.coverage()
    }
}
