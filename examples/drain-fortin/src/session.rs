//! Sessions: a password for a pair of tokens, one for the next pair, and their end.
//!
//! The access token is a JWT that lives for a quarter of an hour and is verified without the
//! database. The refresh token is opaque, good once, and kept as a hash. Whoever presents one that
//! was used before ends the session for everybody who shares it ([RFC 9700 §4.14.2]): the thief and
//! the owner cannot be told apart, and one of them signs in again.
//!
//! [RFC 9700 §4.14.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2

mod grant;
pub(crate) mod life;
mod login;
mod logout;
mod minting;
mod refresh;
mod revoked;
mod ticket;

pub(crate) use self::login::login;
pub(crate) use self::logout::logout;
pub(crate) use self::minting::{Minting, verifying};
pub(crate) use self::refresh::refresh;
pub(crate) use self::revoked::{Revoked, after};
#[cfg(test)]
pub(crate) use self::ticket::RefreshToken;
pub(crate) use self::ticket::Ticket;
