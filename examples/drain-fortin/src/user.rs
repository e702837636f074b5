//! Who may sign in: an address, a role and a password.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a user may do.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Sees and enters what the work needs.
    Agent,
    /// Everything that an agent may, and the administration.
    Admin,
}

impl Role {
    /// The role of this name; whatever else there is may do the least.
    pub(crate) fn of(name: &str) -> Self {
        if name == Self::Admin.as_str() { Self::Admin } else { Self::Agent }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }
}

/// An e-mail address, in lower case: a name to sign in by, not proof that mail arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let plain = |byte: u8| byte.is_ascii_graphic() || byte >= 0x80;
        let parted = text.split_once('@');
        let parted = parted.filter(|(name, host)| !name.is_empty() && host.contains('.'));
        match parted {
            Some((_, host))
                if !host.contains('@') && text.len() <= MOST && text.bytes().all(plain) =>
            {
                Ok(Self(text.to_lowercase()))
            }
            _ => Err(EmailError),
        }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no e-mail address.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not an e-mail address: a name, one @ and a host are needed, at most 254 bytes")]
pub struct EmailError;

/// Who may sign in on a developer's machine.
pub(crate) const DEV_ADMIN: &str = "admin@example.test";

/// [RFC 5321 §4.5.3.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3), less the
/// angle brackets.
const MOST: usize = 254;
