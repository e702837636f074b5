use rusqlite::OptionalExtension;

use super::{Store, StoreError};
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

    /// Gives a user another password.
    pub(crate) async fn set_password(
        &self,
        email: Email,
        password: String,
    ) -> Result<(), StoreError> {
        self.run(move |connection| {
            connection.prepare_cached(SET)?.execute((password, email.as_str())).map(drop)
        })
        .await
    }

    pub(crate) async fn user(&self, email: Email) -> Result<Option<User>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(ONE)?;
            let user = statement.query_row([email.as_str()], |row| {
                let role: String = row.get("role")?;
                let role = if role == Role::Admin.as_str() { Role::Admin } else { Role::Agent };
                Ok(User { role, password: row.get("password")? })
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
