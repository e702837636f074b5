use std::str::FromStr;

use super::error::quoted;
use super::{Csp, CspBuilder, CspError, CspErrors, Directive};

impl FromStr for Csp {
    type Err = CspErrors;

    /// Takes a policy as it is sent, with `'nonce'` where the nonce of a response goes.
    ///
    /// ```
    /// use rempart_headers::Csp;
    ///
    /// let csp: Csp = "default-src 'self'; img-src https:".parse()?;
    /// assert_eq!(csp.to_string(), "default-src 'self'; img-src https:");
    /// # Ok::<(), rempart_headers::CspErrors>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, CspErrors> {
        text.parse::<CspBuilder>()?.build()
    }
}

impl FromStr for CspBuilder {
    type Err = CspErrors;

    /// Takes a policy as it is sent; what is wrong with it, [`build`](CspBuilder::build) says.
    ///
    /// # Errors
    ///
    /// [`CspError::UnknownDirective`] for a text that is longer than any policy may be.
    fn from_str(text: &str) -> Result<Self, CspErrors> {
        if text.len() > MAX_TEXT {
            return Err(CspError::UnknownDirective { name: quoted(text) }.into());
        }
        let mut builder = Self::new();
        for part in text.split(';') {
            let mut words = part.split_ascii_whitespace();
            let Some(name) = words.next() else { continue };
            builder = match Directive::from_name(name) {
                None => builder.fault(CspError::UnknownDirective { name: quoted(name) }),
                Some(directive) if builder.has(directive) => {
                    builder.fault(CspError::DuplicateDirective { directive })
                }
                Some(directive) => builder.set_words(directive, words),
            };
        }
        Ok(builder)
    }
}

/// Beyond any header that a server sends.
const MAX_TEXT: usize = 64 * 1024;
