//! Schemes as text that a person writes; what is read is checked like what is built.

pub(super) mod byte;
pub(super) mod duration;
pub(super) mod header;
pub(super) mod headers;
pub(super) mod optional_header;
mod words;

use std::borrow::Cow;

use http::HeaderName;
use rempart_core::Faults;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Encoding, Extraction, HeaderFamily, HexCase, IdSource, Member, Scheme, SecretForm,
    SignedHeaders, Template, Timestamp, UrlForm,
};
use crate::{Algorithm, ConfigError, ConfigErrors};

/// A [`Scheme`], field by field; what is left out is as [`Scheme::new`] has it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written<'a> {
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alternative: Option<HeaderFamily>,
    #[serde(default = "extraction")]
    extraction: Extraction,
    #[serde(default = "encoding")]
    encoding: Encoding,
    #[serde(default = "algorithm")]
    algorithm: Algorithm,
    #[serde(default = "secret")]
    secret: SecretForm,
    #[serde(default = "min_secret")]
    min_secret: usize,
    #[serde(default = "template")]
    template: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<IdSource>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed_headers: Option<SignedHeaders>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest_parameter: Option<Cow<'a, str>>,
    #[serde(default = "url", skip_serializing_if = "is_as_configured")]
    url: UrlForm,
    #[serde(default = "body_limit")]
    body_limit: u64,
}

const fn extraction() -> Extraction {
    Extraction::WHOLE
}

const fn encoding() -> Encoding {
    Encoding::Hex(HexCase::Lower)
}

const fn algorithm() -> Algorithm {
    Algorithm::HmacSha256
}

const fn secret() -> SecretForm {
    SecretForm::Text
}

const fn min_secret() -> usize {
    Scheme::MIN_SECRET
}

fn template() -> String {
    Template::BODY.to_string()
}

const fn url() -> UrlForm {
    UrlForm::AsConfigured
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_as_configured(url: &UrlForm) -> bool {
    *url == UrlForm::AsConfigured
}

const fn body_limit() -> u64 {
    Scheme::BODY_LIMIT
}

impl Serialize for Scheme {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let headers = self.header.iter().chain(&self.further);
        let written = Written {
            name: Cow::Borrowed(self.name()),
            headers: headers.map(|header| header.as_str().to_owned()).collect(),
            alternative: self.alternative.clone(),
            extraction: self.extraction.clone(),
            encoding: self.encoding,
            algorithm: self.algorithm,
            secret: self.secret_form.clone(),
            min_secret: self.min_secret,
            template: self.template.to_string(),
            timestamp: self.timestamp.clone(),
            id: self.id.clone(),
            signed_headers: self.signed_headers.clone(),
            digest_parameter: self.digest_parameter().map(Cow::Borrowed),
            url: self.url_form,
            body_limit: self.body_limit,
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Scheme {
    /// Every fault at once, in the words of [`ConfigError`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Written::deserialize(deserializer)?.checked().map_err(D::Error::custom)
    }
}

impl Written<'_> {
    fn checked(self) -> Result<Scheme, ConfigErrors> {
        let mut faults = Faults::new();
        let mut headers = Vec::new();
        for (nth, name) in self.headers.into_iter().enumerate() {
            // What is unreadable is one fault, and no reason for another.
            let unread = || HeaderName::try_from(format!("x-unread-{nth}")).ok();
            let header = name.parse().map_err(|_| ConfigError::HeaderName { name });
            headers.extend(faults.take(header).or_else(unread));
        }
        let template = faults.take(self.template.parse().map_err(ConfigError::Template));
        let Some(template) = template else {
            faults.finish()?;
            return Err(ConfigError::SchemeMissing.into());
        };
        let mut headers = headers.into_iter();
        let scheme = Scheme {
            name: Cow::Owned(self.name.into_owned()),
            header: headers.next(),
            further: headers.collect(),
            alternative: self.alternative,
            extraction: self.extraction,
            encoding: self.encoding,
            algorithm: self.algorithm,
            secret_form: self.secret,
            min_secret: self.min_secret,
            template,
            timestamp: self.timestamp,
            id: self.id,
            signed_headers: self.signed_headers,
            digest_parameter: self.digest_parameter.map(|name| Cow::Owned(name.into_owned())),
            url_form: self.url,
            body_limit: self.body_limit,
        };
        scheme.check(&mut faults);
        faults.finish()?;
        Ok(scheme)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let member = Self::new(String::deserialize(deserializer)?);
        if member.fits() {
            Ok(member)
        } else {
            Err(D::Error::custom(ConfigError::Member { member }))
        }
    }
}
