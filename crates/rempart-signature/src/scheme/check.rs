use std::time::Duration;

use http::HeaderName;
use rempart_core::Faults;

use super::{
    Encoding, Extraction, HeaderFamily, Part, Scheme, SecretForm, TimestampSource, UrlForm, Window,
};
use crate::{ConfigError, Coverage};

impl Scheme {
    /// Adds what does not fit together.
    pub(crate) fn check(&self, faults: &mut Faults<ConfigError>) {
        self.check_headers(faults);
        self.check_extraction(faults);
        if self.encoding == Encoding::Base64Der && !self.algorithm.is_ecdsa() {
            faults.push(ConfigError::EncodingUnfit);
        }
        if self.algorithm.is_mac() == (self.secret_form == SecretForm::PublicKey) {
            faults.push(ConfigError::SecretFormUnfit);
        }
        self.check_template(faults);
        self.check_boundaries(faults);
        if let Some(timestamp) = &self.timestamp {
            let window = timestamp.accepted();
            if window.past() == Duration::ZERO {
                faults.push(ConfigError::WindowEmpty);
            }
            let widest = window.past().max(window.future());
            if widest > Window::WIDEST {
                faults.push(ConfigError::WindowTooWide { widest });
            }
        }
    }

    fn check_headers(&self, faults: &mut Faults<ConfigError>) {
        let time = self.time_source().and_then(|source| match source {
            TimestampSource::Header(header) => Some(header),
            TimestampSource::Element(_) => None,
        });
        if let Some(other) = &self.alternative {
            let id = self.id.as_ref().filter(|_| self.template.signs_id());
            if other.time().is_some() != time.is_some()
                || other.message_id().is_some() != id.is_some()
            {
                faults.push(ConfigError::AlternativeIncomplete);
            }
        }
        let other = self.alternative.as_ref();
        let roles = [
            Some(&self.header),
            time,
            self.id.as_ref(),
            other.map(HeaderFamily::signature),
            other.and_then(HeaderFamily::time),
            other.and_then(HeaderFamily::message_id),
        ];
        let roles: Vec<&HeaderName> = roles.into_iter().flatten().collect();
        for (nth, header) in roles.iter().enumerate() {
            if roles.iter().take(nth).any(|earlier| earlier == header) {
                faults.push(ConfigError::HeaderReused { header: (*header).clone() });
            }
        }
    }

    fn check_extraction(&self, faults: &mut Faults<ConfigError>) {
        let time_key = self.time_source().and_then(|source| match source {
            TimestampSource::Element(key) => Some(key.as_ref()),
            TimestampSource::Header(_) => None,
        });
        match &self.extraction {
            Extraction::Prefixed(prefix) => {
                if !prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
                    faults.push(ConfigError::Extraction);
                }
                if time_key.is_some() {
                    faults.push(ConfigError::TimestampUndefined);
                }
            }
            Extraction::Elements(elements) => {
                let (separator, assign) = (elements.separator(), elements.assign());
                // `=`, `+`, `/`, letters and digits may stand in an encoded signature; a key ends
                // at the first `assign`, so that one may be `=` all the same.
                let free = |byte: u8| {
                    byte == b' '
                        || byte.is_ascii_punctuation() && !matches!(byte, b'+' | b'/' | b'=')
                };
                let key_fits = |key: &str| {
                    !key.is_empty()
                        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                };
                let keys_fit = [Some(elements.signature()), time_key]
                    .iter()
                    .flatten()
                    .all(|key| key_fits(key))
                    && time_key != Some(elements.signature());
                let assign_fits = assign == b'=' || free(assign) && assign != b' ';
                if !free(separator) || !assign_fits || separator == assign || !keys_fit {
                    faults.push(ConfigError::Extraction);
                }
            }
        }
    }

    fn check_template(&self, faults: &mut Faults<ConfigError>) {
        let template = &self.template;
        if template.coverage() != Coverage::Body {
            faults.push(ConfigError::BodyNotCovered { coverage: template.coverage() });
        }
        if template.contents() > 1 {
            faults.push(ConfigError::BodyCoveredTwice);
        }
        match (template.has(&Part::Timestamp), self.timestamp.is_some()) {
            (false, true) => faults.push(ConfigError::TimestampNotSigned),
            (true, false) => faults.push(ConfigError::TimestampUndefined),
            _ => {}
        }
        if template.has(&Part::Id) && self.id.is_none() {
            faults.push(ConfigError::IdUndefined);
        }
        let form_of_url = template.has(&Part::Url) && template.has(&Part::Form);
        if self.digest_parameter.is_some() && !form_of_url {
            faults.push(ConfigError::DigestParameterNotSigned);
        }
        if self.url_form != UrlForm::AsConfigured && !template.has(&Part::Url) {
            faults.push(ConfigError::UrlNotSigned);
        }
    }
}
