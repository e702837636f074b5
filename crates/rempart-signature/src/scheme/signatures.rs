use smallvec::SmallVec;

use super::{Encoding, Scheme};
use crate::key::Tag;
use crate::{Algorithm, Rejection};

/// The signatures of a request, each of the length that its algorithm asks for.
#[derive(Debug)]
pub(crate) enum Signatures {
    /// Those that are no [`Tag`]: longer ones, and those that public keys verify.
    Long(Vec<Vec<u8>>),
    /// Tags; two fit in place, more take one allocation.
    Tags(SmallVec<[Tag; 2]>),
}

impl Default for Signatures {
    /// None of them.
    fn default() -> Self {
        Self::Long(Vec::new())
    }
}

impl Signatures {
    pub(crate) fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::HmacSha1 | Algorithm::HmacSha256 | Algorithm::SharedSecret => {
                Self::Tags(SmallVec::new())
            }
            _ => Self::Long(Vec::new()),
        }
    }

    /// Reads one more; there may be [so many](Scheme::MAX_SIGNATURES).
    pub(crate) fn read(
        &mut self,
        encoding: Encoding,
        algorithm: Algorithm,
        text: &[u8],
    ) -> Result<(), Rejection> {
        match self {
            Self::Tags(tags) if tags.len() < Scheme::MAX_SIGNATURES => {
                // Written where it stays, since it is large.
                tags.push(Tag::default());
                let is_tag = |tag: &mut Tag| encoding.decode_to(tag, text, algorithm);
                if !tags.last_mut().is_some_and(is_tag) {
                    tags.pop();
                    return Err(Rejection::Malformed);
                }
            }
            Self::Long(long) if long.len() < Scheme::most_signatures(algorithm) => {
                long.push(encoding.decode_long(text, algorithm).ok_or(Rejection::Malformed)?);
            }
            Self::Long(_) | Self::Tags(_) => return Err(Rejection::Malformed),
        }
        Ok(())
    }
}
