//! A text message, as the form that announces it tells it. Of this crate only in its visibility:
//! the fuzz targets compile this file by itself.

use std::borrow::Cow;

use serde::Serialize;

/// A text message that somebody sent to the company's number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Message {
    /// The sender's identifier.
    pub(crate) id: String,
    /// When the message came; set by the database.
    pub(crate) received: String,
    #[serde(rename = "from")]
    pub(crate) sender: String,
    #[serde(rename = "to")]
    pub(crate) receiver: String,
    pub(crate) body: String,
    /// How many pictures and the like came with it; they stay at the provider's.
    pub(crate) media: u32,
}

impl Message {
    /// Reads a form of Twilio; nothing of one that is not a message's.
    pub(crate) fn of_form(form: &[u8]) -> Option<Self> {
        let (mut id, mut sender, mut receiver, mut body, mut media) =
            (None, None, None, None, None);
        for (name, value) in form_urlencoded::parse(form) {
            let field = match &*name {
                "MessageSid" => &mut id,
                "From" => &mut sender,
                "To" => &mut receiver,
                "Body" => &mut body,
                "NumMedia" => &mut media,
                _ => continue,
            };
            // The signature covers the distinct values of a name and not which of them counts.
            if field.replace(value).is_some() {
                return None;
            }
        }
        let text = |field: Option<Cow<'_, str>>| field.map(Cow::into_owned).unwrap_or_default();
        Some(Self {
            id: id.filter(|id| (1..=LONGEST_ID).contains(&id.len()))?.into_owned(),
            received: String::new(),
            sender: text(sender),
            receiver: text(receiver),
            body: text(body),
            media: media.map_or(Ok(0), |media| media.parse()).ok()?,
        })
    }
}

/// The provider's are 34 bytes.
const LONGEST_ID: usize = 128;
