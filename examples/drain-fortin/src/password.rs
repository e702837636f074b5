//! Passwords, kept as Argon2id hashes ([RFC 9106]).
//!
//! [RFC 9106]: https://www.rfc-editor.org/rfc/rfc9106

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, password_hash};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Hashes and compares passwords away from the threads that serve requests.
#[derive(Clone)]
pub(crate) struct Passwords {
    /// What the password of an unknown user is compared with, so that it takes as long.
    decoy: Arc<str>,
    turns: Arc<Semaphore>,
}

/// A password could not be hashed or compared.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Shorter or longer than allowed.
    #[error("a password has between {SHORTEST} and {LONGEST} bytes")]
    Length,
    /// The hash failed.
    #[error("the password cannot be hashed: {0}")]
    Hash(password_hash::Error),
    /// The process is ending.
    #[error("the password is not hashed: the service is stopping")]
    Stopping,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, PasswordError> {
        let mut noise = [0; 32];
        // No randomness leaves a decoy that is known: it opens no account, since it has none.
        let _ = getrandom::fill(&mut noise);
        let decoy = hash(&noise)?.into();
        Ok(Self { decoy, turns: Arc::new(Semaphore::new(TURNS)) })
    }

    /// Whether the password is the user's; the same work is done where there is no such user.
    pub(crate) async fn verify(
        &self,
        password: String,
        of_user: Option<String>,
    ) -> Result<bool, PasswordError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| PasswordError::Stopping)?;
        let decoy = Arc::clone(&self.decoy);
        let compare = spawn_blocking(move || {
            let _turn = turn;
            let known = of_user.is_some();
            let hash = of_user.as_deref().unwrap_or(&decoy);
            let same = Argon2::default().verify_password(password.as_bytes(), hash).is_ok();
            same && known
        });
        compare.await.map_err(|_| PasswordError::Stopping)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

/// The text that is kept in the password's place.
pub(crate) fn hash(password: &[u8]) -> Result<String, PasswordError> {
    if !(SHORTEST..=LONGEST).contains(&password.len()) {
        return Err(PasswordError::Length);
    }
    let hash = Argon2::default().hash_password(password).map_err(PasswordError::Hash)?;
    Ok(hash.to_string())
}

const SHORTEST: usize = 12;

/// Past this, length adds work for the server and no strength.
pub(crate) const LONGEST: usize = 1024;

/// Comparisons at once: each takes 19 MiB and a whole core.
const TURNS: usize = 4;
