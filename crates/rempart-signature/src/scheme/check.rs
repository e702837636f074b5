use std::time::Duration;

use http::HeaderName;
use rempart_core::Faults;

use super::{
    Encoding, Extraction, HeaderFamily, IdSource, Part, Scheme, SecretForm, SignedHeaders,
    TimestampSource, UrlForm, Window,
};
use crate::{Algorithm, ConfigError};

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
        self.check_sources(faults);
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
        if self.header.is_some() == self.is_in_body() {
            faults.push(ConfigError::SignatureUndefined);
        }
        let time = match self.time_source() {
            Some(TimestampSource::Header(header)) => Some(header),
            _ => None,
        };
        let other = self.alternative.as_ref();
        if let Some(other) = other {
            let id = self.id().filter(|_| self.template.signs_id());
            // A scheme has one way of having several headers.
            let alone = self.header.is_some() && self.further.is_empty();
            if other.time().is_some() != time.is_some()
                || other.message_id().is_some() != id.is_some()
                || !alone
            {
                faults.push(ConfigError::AlternativeIncomplete);
            }
        }
        let roles = self.header.iter().chain(&self.further).chain(time).chain(self.id());
        let roles = roles
            .chain(other.map(HeaderFamily::signature))
            .chain(other.and_then(HeaderFamily::time))
            .chain(other.and_then(HeaderFamily::message_id));
        let roles: Vec<&HeaderName> = roles.collect();
        for (nth, header) in roles.iter().enumerate() {
            if roles.iter().take(nth).any(|earlier| earlier == header) {
                faults.push(ConfigError::HeaderReused { header: (*header).clone() });
            }
        }
        if self.further.len() >= Self::MAX_SIGNATURES {
            faults
                .push(ConfigError::TooManyHeaders { count: self.further.len().saturating_add(1) });
        }
    }

    fn check_extraction(&self, faults: &mut Faults<ConfigError>) {
        let time_key = match self.time_source() {
            Some(TimestampSource::Element(key)) => Some(key.as_ref()),
            _ => None,
        };
        let plain = self.encoding == Encoding::Plain;
        match &self.extraction {
            Extraction::Prefixed(prefix) => {
                // A blank at the start is not part of a header's value.
                let fits = prefix.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
                if !fits || prefix.starts_with(' ') {
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
                let headers_key = self.signed_headers.as_ref().map(SignedHeaders::key);
                let keys = [Some(elements.signature()), time_key, headers_key];
                let keys: Vec<&str> = keys.into_iter().flatten().collect();
                let alone = |(nth, key): (usize, &&str)| !keys.iter().take(nth).any(|k| k == key);
                let keys_fit =
                    keys.iter().all(|key| key_fits(key)) && keys.iter().enumerate().all(alone);
                let assign_fits = assign == b'=' || free(assign) && assign != b' ';
                // A secret may hold any character, and a list of names holds blanks.
                let values_fit = !plain && (headers_key.is_none() || separator != b' ');
                if !free(separator)
                    || !assign_fits
                    || separator == assign
                    || !keys_fit
                    || !values_fit
                {
                    faults.push(ConfigError::Extraction);
                }
            }
            Extraction::Member(member) => {
                if !member.fits() {
                    faults.push(ConfigError::Member { member: member.clone() });
                }
                if plain {
                    faults.push(ConfigError::Extraction);
                }
                if self.template.contents() > 0 {
                    faults.push(ConfigError::SignatureInBody);
                }
                if time_key.is_some() {
                    faults.push(ConfigError::TimestampUndefined);
                }
            }
        }
    }

    fn check_template(&self, faults: &mut Faults<ConfigError>) {
        let template = &self.template;
        let shared = self.algorithm == Algorithm::SharedSecret;
        if shared != (self.encoding == Encoding::Plain) || shared && !template.parts().is_empty() {
            faults.push(ConfigError::SharedSecret);
        }
        if template.contents() > 1 {
            faults.push(ConfigError::BodyCoveredTwice);
        }
        let form_of_url = template.has(&Part::Url) && template.has(&Part::Form);
        if self.digest_parameter.is_some() && !form_of_url {
            faults.push(ConfigError::DigestParameterNotSigned);
        }
        if self.url_form != UrlForm::AsConfigured && !template.has(&Part::Url) {
            faults.push(ConfigError::UrlNotSigned);
        }
        let both = template.has(&Part::HeaderNames) && template.has(&Part::HeaderValues);
        let listed = matches!(self.extraction, Extraction::Elements(_));
        match &self.signed_headers {
            Some(_) if !both || !listed => faults.push(ConfigError::HeadersNotSigned),
            None if template.signs_headers() => faults.push(ConfigError::HeadersUndefined),
            _ => {}
        }
    }

    /// What is read stands where it is signed.
    fn check_sources(&self, faults: &mut Faults<ConfigError>) {
        let template = &self.template;
        match (template.has(&Part::Timestamp), self.time_source()) {
            (true, None) => faults.push(ConfigError::TimestampUndefined),
            // With the body, if it covers it; else by name, and the signature beside it.
            (by_name, Some(TimestampSource::Member(member))) => {
                if !member.fits() {
                    faults.push(ConfigError::Member { member: member.clone() });
                }
                if by_name != self.is_in_body() {
                    faults.push(ConfigError::TimestampUndefined);
                } else if !by_name && !template.signs_body() {
                    faults.push(ConfigError::TimestampNotSigned);
                }
            }
            (false, Some(_)) => faults.push(ConfigError::TimestampNotSigned),
            (true, Some(_)) if self.is_in_body() => faults.push(ConfigError::TimestampUndefined),
            (true, Some(_)) | (false, None) => {}
        }
        match (template.signs_id(), &self.id) {
            (true, None) => faults.push(ConfigError::IdUndefined),
            (by_name, Some(IdSource::Member(member))) => {
                if !member.fits() {
                    faults.push(ConfigError::Member { member: member.clone() });
                }
                if by_name != self.is_in_body() || !by_name && !template.signs_body() {
                    faults.push(ConfigError::IdUndefined);
                }
            }
            (true, Some(IdSource::Header(_))) if self.is_in_body() => {
                faults.push(ConfigError::IdUndefined);
            }
            _ => {}
        }
    }
}
