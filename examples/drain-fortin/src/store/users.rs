use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction};

use super::seconds::Seconds;
use super::{Store, StoreError, sessions};
use crate::session;
use crate::user::{Email, Role};

/// A user as the database keeps it. It has no `Debug`: a hash of a password is nobody's business.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) role: Role,
    /// A PHC string, salt and all.
    pub(crate) password: String,
}

/// A user to be added.
pub(crate) struct NewUser {
    pub(crate) email: Email,
    pub(crate) role: Role,
    pub(crate) password: String,
}

/// What became of a user to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    New,
    Known,
}

impl Store {
    /// Adds a user, unless there is one of this address.
    pub(crate) async fn add_user(&self, user: NewUser) -> Result<Added, StoreError> {
        self.run(move |connection| {
            let columns = (user.email.as_str(), user.role.as_str(), user.password);
            let rows = connection.prepare_cached(ADD)?.execute(columns)?;
            Ok(if rows == 0 { Added::Known } else { Added::New })
        })
        .await
    }

    /// Gives a user another password, and ends the sessions that the old one has begun.
    pub(crate) async fn set_password(
        &self,
        email: Email,
        password: String,
        now: Duration,
    ) -> Result<bool, StoreError> {
        let change = move |transaction: &Transaction<'_>, email: &str| {
            transaction.prepare_cached(SET)?.execute((&password, email))
        };
        self.end_sessions(email, now, change).await
    }

    /// Ends every session of a user, their tokens with them; `false` if there is no such user.
    pub(crate) async fn sign_out_user(
        &self,
        email: Email,
        now: Duration,
    ) -> Result<bool, StoreError> {
        let known = |transaction: &Transaction<'_>, email: &str| {
            transaction
                .prepare_cached(KNOWN)?
                .query_row([email], |row| Ok(usize::from(row.get::<_, bool>(0)?)))
        };
        self.end_sessions(email, now, known).await
    }

    /// Removes a user and ends their sessions; `false` if there is no such user.
    pub(crate) async fn remove_user(
        &self,
        email: Email,
        now: Duration,
    ) -> Result<bool, StoreError> {
        let remove = |transaction: &Transaction<'_>, email: &str| {
            transaction.prepare_cached(REMOVE)?.execute([email])
        };
        self.end_sessions(email, now, remove).await
    }

    /// Changes what `change` changes of a user and, if it found one, ends their sessions.
    async fn end_sessions<C>(
        &self,
        email: Email,
        now: Duration,
        change: C,
    ) -> Result<bool, StoreError>
    where
        C: FnOnce(&Transaction<'_>, &str) -> rusqlite::Result<usize> + Send + 'static,
    {
        let revocations = self.revocations.clone();
        self.run(move |connection| {
            let transaction = sessions::begin(connection, now)?;
            if change(&transaction, email.as_str())? == 0 {
                return Ok(false);
            }
            let before = session::after(now);
            transaction.prepare_cached(SIGN_OUT)?.execute((email.as_str(), Seconds(before)))?;
            transaction.prepare_cached(END_ALL)?.execute([email.as_str()])?;
            transaction.commit()?;
            revocations.signed_out(email.as_str(), before, now);
            Ok(true)
        })
        .await
    }

    pub(crate) async fn user(&self, email: Email) -> Result<Option<User>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(ONE)?;
            let user = statement.query_row([email.as_str()], |row| {
                let role: String = row.get("role")?;
                Ok(User { role: Role::of(&role), password: row.get("password")? })
            });
            user.optional()
        })
        .await
    }
}

const ADD: &str = "
    INSERT INTO user (email, role, password) VALUES (?1, ?2, ?3)
    ON CONFLICT (email) DO NOTHING";

const SET: &str = "UPDATE user SET password = ?1 WHERE email = ?2";

const ONE: &str = "SELECT role, password FROM user WHERE email = ?1";

const KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM user WHERE email = ?1)";

const REMOVE: &str = "DELETE FROM user WHERE email = ?1";

const SIGN_OUT: &str = "
    INSERT INTO signed_out (email, before) VALUES (?1, ?2)
    ON CONFLICT (email) DO UPDATE SET before = max(before, excluded.before)";

const END_ALL: &str = "DELETE FROM session WHERE email = ?1";
