use super::Part;
use crate::mac::Mac;

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
    pub(crate) fn feed(&self, parts: &[Part], origin: &str, mac: &mut Mac) {
        for part in parts {
            match part {
                // The content is fed as it arrives.
                Part::Body | Part::Form => {}
                Part::Id => mac.update(self.id),
                Part::Literal(text) => mac.update(text.as_bytes()),
                Part::Method => mac.update(self.method.as_bytes()),
                Part::Timestamp => mac.update(self.timestamp),
                Part::Url => {
                    mac.update(origin.as_bytes());
                    mac.update(self.path_and_query.as_bytes());
                }
            }
        }
    }
}
