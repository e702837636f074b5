use super::Part;

/// What a template's placeholders stand for in one message, all but its content.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) method: &'a str,
    pub(crate) path_and_query: &'a str,
    pub(crate) timestamp: &'a [u8],
}

impl Fields<'_> {
    /// Gives `each` piece of a run of parts; nothing is joined, nothing is copied.
    pub(crate) fn feed(&self, parts: &[Part], origin: &str, mut each: impl FnMut(&[u8])) {
        for part in parts {
            match part {
                // The content is fed as it arrives.
                Part::Body | Part::Form => {}
                Part::Id => each(self.id),
                Part::Literal(text) => each(text.as_bytes()),
                Part::Method => each(self.method.as_bytes()),
                Part::Timestamp => each(self.timestamp),
                Part::Url => {
                    each(origin.as_bytes());
                    each(self.path_and_query.as_bytes());
                }
            }
        }
    }
}
