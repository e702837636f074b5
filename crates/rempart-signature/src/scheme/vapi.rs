use std::str::FromStr;

use http::HeaderName;
use rempart_core::Faults;
use rempart_keys::Secret;

use super::{
    Encoding, Extraction, HexCase, Part, Scheme, SecretForm, Template, TimeUnit, Timestamp,
};
use crate::{Algorithm, ConfigError, ConfigErrors};

/// An HMAC credential of [Vapi], field by field as its dashboard and its API have them.
///
/// With the feature `serde` it reads what the API gives; `secretKey` is read and never written.
///
/// ```
/// use rempart_signature::{Encoding, VapiCredential, VapiEncoding};
///
/// // What is not said is as Vapi has it.
/// let scheme = VapiCredential::default().scheme()?;
/// assert_eq!(scheme.header().unwrap(), "x-signature");
/// assert_eq!(scheme.template().to_string(), "{timestamp}.{body}");
///
/// let credential = VapiCredential {
///     signature_header: "webhook-signature".to_owned(),
///     signature_prefix: Some("v1,".to_owned()),
///     signature_encoding: VapiEncoding::Base64,
///     timestamp_header: "webhook-timestamp".to_owned(),
///     message_id_header: Some("webhook-id".to_owned()),
///     payload_format: Some("{svix-id}.{timestamp}.{body}".to_owned()),
///     secret_is_base64: true,
///     ..VapiCredential::default()
/// };
/// let scheme = credential.scheme()?;
/// assert_eq!(scheme.template().to_string(), "{id}.{timestamp}.{body}");
/// assert_eq!(scheme.encoding(), Encoding::Base64);
/// # Ok::<(), rempart_signature::ConfigErrors>(())
/// ```
///
/// [Vapi]: https://docs.vapi.ai/server-url/server-authentication
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields, rename_all = "camelCase"))]
pub struct VapiCredential {
    /// The secret, if it is kept here: what a key ring is then made of.
    #[cfg_attr(feature = "serde", serde(skip_serializing, deserialize_with = "secret"))]
    pub secret_key: Option<Secret>,
    /// SHA-256, if it is not said otherwise.
    pub algorithm: VapiAlgorithm,
    /// `x-signature`, if it is not said otherwise.
    pub signature_header: String,
    /// `x-timestamp`, if it is not said otherwise.
    pub timestamp_header: String,
    /// What stands before the signature: `sha256=`, or nothing.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub signature_prefix: Option<String>,
    /// Whether the time is sent. Without it the format has no `{timestamp}`.
    pub include_timestamp: bool,
    /// What is signed, of `{body}`, `{timestamp}`, `{method}`, `{url}` and `{svix-id}`:
    /// `{timestamp}.{body}`, if it is not said otherwise, and `{body}` where no time is sent.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub payload_format: Option<String>,
    /// Where the message's id stands.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub message_id_header: Option<String>,
    /// Hexadecimal, if it is not said otherwise.
    pub signature_encoding: VapiEncoding,
    /// Whether the secret is decoded before it is used.
    pub secret_is_base64: bool,
}

impl Default for VapiCredential {
    fn default() -> Self {
        Self {
            secret_key: None,
            algorithm: VapiAlgorithm::default(),
            signature_header: "x-signature".to_owned(),
            timestamp_header: "x-timestamp".to_owned(),
            signature_prefix: None,
            include_timestamp: true,
            payload_format: None,
            message_id_header: None,
            signature_encoding: VapiEncoding::default(),
            secret_is_base64: false,
        }
    }
}

impl VapiCredential {
    /// The scheme by which such requests are verified.
    ///
    /// The unit of the time is not documented: seconds and milliseconds are both read, and the
    /// window is the usual one. [`Scheme::with_timestamp`] says it otherwise. A time that is sent
    /// and not signed protects from nothing, and is not looked at.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn scheme(&self) -> Result<Scheme, ConfigErrors> {
        let mut faults = Faults::new();
        let signature = faults.take(header(&self.signature_header));
        let time = faults.take(header(&self.timestamp_header));
        let id = self.message_id_header.as_deref().map(header);
        let id = id.and_then(|id| faults.take(id));
        let template = faults.take(self.template());
        let (Some(signature), Some(time), Some(template)) = (signature, time, template) else {
            faults.finish()?;
            return Err(ConfigError::SchemeMissing.into());
        };
        let signs_time = template.has(&Part::Timestamp);
        let mut scheme = Scheme::new("vapi", signature)
            .with_algorithm(match self.algorithm {
                VapiAlgorithm::Sha1 => Algorithm::HmacSha1,
                VapiAlgorithm::Sha256 => Algorithm::HmacSha256,
                VapiAlgorithm::Sha512 => Algorithm::HmacSha512,
            })
            .with_encoding(match self.signature_encoding {
                VapiEncoding::Base64 => Encoding::Base64,
                VapiEncoding::Hex => Encoding::Hex(HexCase::Lower),
            })
            .with_template(template);
        if let Some(prefix) = &self.signature_prefix {
            scheme = scheme.with_extraction(Extraction::Prefixed(prefix.clone().into()));
        }
        if self.secret_is_base64 {
            scheme = scheme.with_secret_form(SecretForm::base64(""));
        }
        if signs_time && self.include_timestamp {
            scheme = scheme.with_timestamp(Timestamp::header(time).unit(TimeUnit::Auto));
        }
        if let Some(id) = id {
            scheme = scheme.with_id(id);
        }
        scheme.check(&mut faults);
        faults.finish()?;
        Ok(scheme)
    }

    fn template(&self) -> Result<Template, ConfigError> {
        let Some(format) = &self.payload_format else {
            let usual = if self.include_timestamp { "{timestamp}.{body}" } else { "{body}" };
            return Ok(usual.parse()?);
        };
        // Vapi has a name of its own for what others call the message's id.
        let template = Template::read(format, |name| match name {
            "body" => Some(Part::Body),
            "method" => Some(Part::Method),
            "svix-id" => Some(Part::Id),
            "timestamp" => Some(Part::Timestamp),
            "url" => Some(Part::Url),
            _ => None,
        });
        Ok(template?)
    }
}

fn header(name: &str) -> Result<HeaderName, ConfigError> {
    HeaderName::from_str(name).map_err(|_| ConfigError::HeaderName { name: name.to_owned() })
}

/// The hash of a [`VapiCredential`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum VapiAlgorithm {
    /// HMAC-SHA-1.
    Sha1,
    /// HMAC-SHA-256.
    #[default]
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// How a [`VapiCredential`] writes signatures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum VapiEncoding {
    /// In Base64.
    Base64,
    /// In hexadecimal digits.
    #[default]
    Hex,
}

#[cfg(feature = "serde")]
fn secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let text = <Option<String> as serde::Deserialize>::deserialize(from)?;
    text.map(Secret::new).transpose().map_err(serde::de::Error::custom)
}
