//! Keys: how they are written down, what verifies by them, and what signs with them.
//!
//! A secret that two sides share and the public half of a pair are different types from the moment
//! they are read. One taken for the other is the oldest forgery there is: a public key as the
//! secret of a MAC lets everybody sign.

mod algorithm;
mod der;
mod hmac;
mod jwk;
mod mac;
#[cfg_attr(
    not(any(feature = "ecdsa", feature = "ed25519", feature = "ring")),
    allow(unreachable_code, unused_variables, reason = "there are no pairs without a feature")
)]
mod public;
#[cfg_attr(
    not(any(feature = "ecdsa", feature = "ed25519", feature = "ring")),
    allow(unreachable_code, unused_variables, reason = "there are no pairs without a feature")
)]
mod signing;
#[cfg_attr(
    not(any(feature = "ecdsa", feature = "ed25519", feature = "ring")),
    allow(unused_variables, reason = "there are no pairs without a feature")
)]
mod transcript;
mod verifying;
mod written;

pub use self::algorithm::Algorithm;
pub(crate) use self::der::{ecdsa_signature, write_ecdsa_signature};
pub(crate) use self::mac::{Mac, MacKey, Tag, blinded};
pub(crate) use self::public::PublicKey;
pub(crate) use self::signing::SigningKey;
pub(crate) use self::transcript::{Message, Transcript};
pub(crate) use self::verifying::{KeyFault, VerifyingKey};
