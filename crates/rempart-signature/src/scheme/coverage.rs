use super::Part;

/// How much of a message a signature covers, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Coverage {
    /// Nothing of the message: who has seen one request can send any.
    None,
    /// Some fields, and not the body: who has seen one request can send another body with them.
    Fields,
    /// The whole body.
    Body,
}

impl Coverage {
    /// Of a signature that is made of these parts.
    pub(super) fn of(parts: &[Part]) -> Self {
        let content = parts.iter().any(Part::is_content);
        match (content, parts.iter().any(|part| !matches!(part, Part::Literal(_)))) {
            (true, _) => Self::Body,
            (false, true) => Self::Fields,
            (false, false) => Self::None,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fields => "fields",
            Self::Body => "body",
        }
    }
}

impl std::fmt::Display for Coverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which spellings of the public URL a sender may have signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlForm {
    /// The one that is configured.
    AsConfigured,
    /// That one, with the escapes of `: / ? @ ! $ ' ( ) * , ;` undone, and no others (`HubSpot`).
    Decoded,
    /// That one with the scheme's port and without it, each with the query as it came and as an
    /// encoder writes it that has read it: what Twilio's own library tries. At most four MACs for
    /// each key, and two where the encoder changes nothing.
    Respelled,
    /// The same host over `wss` (`ws`, if it is configured in the clear), with its port and without
    /// it, with a slash at the end of the path and without it: what Twilio signs when it opens a
    /// Media Stream. Four MACs for each key.
    WebSocket,
    /// That one, and the same with the scheme's port added or taken away. One more MAC for each
    /// key.
    WithAndWithoutPort,
}
