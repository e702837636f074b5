use super::Part;
use crate::key::Transcript;

/// What a template's placeholders stand for in one message, all but its content.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) method: &'a str,
    pub(crate) path_and_query: &'a str,
    pub(crate) timestamp: &'a [u8],
}

impl Fields<'_> {
    /// Feeds a run of parts; nothing is joined, nothing is copied.
    pub(crate) fn feed(&self, parts: &[Part], origin: &str, signed: &mut Transcript) {
        for part in parts {
            match part {
                // The content is fed as it arrives.
                Part::Body | Part::Form => {}
                Part::Id => signed.update(self.id),
                Part::Literal(text) => signed.update(text.as_bytes()),
                Part::Method => signed.update(self.method.as_bytes()),
                Part::Timestamp => signed.update(self.timestamp),
                Part::Url => {
                    signed.update(origin.as_bytes());
                    signed.update(self.path_and_query.as_bytes());
                }
            }
        }
    }
}
