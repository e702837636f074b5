use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, named_params};

use super::seconds::Seconds;
use super::{Store, StoreError, User};
use crate::session::{Ticket, life};
use crate::user::{Email, Role};

/// An access token that was handed out, by its identifier.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) id: String,
    /// Since 1970.
    pub(crate) ends: Duration,
}

/// A session to be begun.
pub(crate) struct NewSession {
    pub(crate) email: Email,
    /// Whose password was compared.
    pub(crate) user: User,
    pub(crate) ticket: Ticket,
    pub(crate) access: Access,
}

/// What came of a refresh token.
#[derive(Debug)]
pub(crate) enum Refreshed<T> {
    /// It was good, and is used up.
    Granted(T),
    /// It was good; the refresh was not granted for a reason of the service, and it still is.
    Postponed,
    /// It had been used before: the session is over.
    Reused,
    /// No session knows it, or the session's time or its user's is over.
    Unknown,
}

/// Why no access token was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotMinted {
    /// There is no key to sign with.
    NoKey,
    /// The user may not sign in here.
    Nobody,
}

impl Store {
    /// Begins a session, unless the user has another password or role by now; whether it did. Of
    /// those that are over none is kept, and of one user's the newest [`life::MOST_SESSIONS`].
    pub(crate) async fn begin_session(
        &self,
        new: NewSession,
        now: Duration,
    ) -> Result<bool, StoreError> {
        let revocations = self.revocations.clone();
        self.run(move |connection| {
            let transaction = begin(connection, now)?;
            let NewSession { email, user, ticket, access } = new;
            let columns = named_params! {
                ":id": ticket.session, ":secret": ticket.secret, ":email": email.as_str(),
                ":role": user.role.as_str(), ":password": user.password,
                ":begun": Seconds(now), ":ends": Seconds(life::end(now, now)),
            };
            if transaction.prepare_cached(BEGIN)?.execute(columns)? == 0 {
                return Ok(false);
            }
            record(&transaction, &ticket.session, &access)?;
            let older: Vec<[u8; 32]> = transaction
                .prepare_cached(OLDER)?
                .query_map((email.as_str(), life::MOST_SESSIONS), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut ended = Vec::new();
            for session in older {
                ended.extend(end(&transaction, &session)?);
            }
            transaction.commit()?;
            revocations.take(ended, now);
            Ok(true)
        })
        .await
    }

    /// Takes a refresh token and, if it is good, puts `next` in its place; all of it or nothing.
    ///
    /// `mint` makes the access token for the user as the database knows it at this moment.
    pub(crate) async fn refresh<T, M>(
        &self,
        presented: Ticket,
        next: [u8; 32],
        now: Duration,
        mint: M,
    ) -> Result<Refreshed<T>, StoreError>
    where
        T: Send + 'static,
        M: FnOnce(&Email, Role) -> Result<(T, Access), NotMinted> + Send + 'static,
    {
        let revocations = self.revocations.clone();
        self.run(move |connection| {
            let transaction = begin(connection, now)?;
            let session = presented.session;
            let found = transaction.prepare_cached(FIND)?.query_row([session], |row| {
                let secret: [u8; 32] = row.get("secret")?;
                let Seconds(begun) = row.get("begun")?;
                let email: String = row.get("email")?;
                let role: String = row.get("role")?;
                Ok((secret, begun, email, role))
            });
            let Some((secret, begun, email, role)) = found.optional()? else {
                transaction.commit()?;
                return Ok(Refreshed::Unknown);
            };
            // Nothing but tokens of this session names it: another secret is one that was used.
            if secret != presented.secret {
                let ended = end(&transaction, &session)?;
                transaction.commit()?;
                revocations.take(ended, now);
                return Ok(Refreshed::Reused);
            }
            let (Ok(email), role) = (email.parse(), Role::of(&role)) else {
                return Ok(Refreshed::Unknown);
            };
            let (granted, access) = match mint(&email, role) {
                Ok(minted) => minted,
                // Without a commit the token stays good.
                Err(NotMinted::NoKey) => return Ok(Refreshed::Postponed),
                Err(NotMinted::Nobody) => return Ok(Refreshed::Unknown),
            };
            let ends = Seconds(life::end(begun, now));
            transaction.prepare_cached(RENEW)?.execute((next, ends, session))?;
            record(&transaction, &session, &access)?;
            let pushed_out = crowd_out(&transaction, &session)?;
            transaction.commit()?;
            revocations.take(pushed_out, now);
            Ok(Refreshed::Granted(granted))
        })
        .await
    }

    /// Ends the session that an access token belongs to, and the token with it.
    pub(crate) async fn sign_out(&self, access: Access, now: Duration) -> Result<(), StoreError> {
        let revocations = self.revocations.clone();
        self.run(move |connection| {
            let transaction = begin(connection, now)?;
            let session = transaction
                .prepare_cached(SESSION_OF)?
                .query_row([&access.id], |row| row.get::<_, [u8; 32]>(0))
                .optional()?;
            let mut ended = match session {
                Some(session) => end(&transaction, &session)?,
                None => Vec::new(),
            };
            if !ended.iter().any(|other| other.id == access.id) {
                revoke(&transaction, &access)?;
                ended.push(access);
            }
            transaction.commit()?;
            revocations.take(ended, now);
            Ok(())
        })
        .await
    }
}

/// Begins a transaction, by forgetting what time has ended.
pub(super) fn begin(
    connection: &mut Connection,
    now: Duration,
) -> rusqlite::Result<Transaction<'_>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // A token that is over by one clock may live on by another, for a while.
    let past = now.saturating_sub(life::REMEMBERED);
    let before = past.saturating_sub(life::ACCESS);
    let forgotten = [
        (FORGET_SESSIONS, now),
        (FORGET_ACCESS, past),
        (FORGET_REVOKED, past),
        (FORGET_SIGNED_OUT, before),
    ];
    for (statement, until) in forgotten {
        transaction.prepare_cached(statement)?.execute([Seconds(until)])?;
    }
    Ok(transaction)
}

/// Ends a session; its access tokens that still live are revoked, and returned.
fn end(transaction: &Transaction<'_>, session: &[u8; 32]) -> rusqlite::Result<Vec<Access>> {
    let ended = revoke_all_but(transaction, session, 0)?;
    transaction.prepare_cached(END)?.execute([session])?;
    Ok(ended)
}

/// Revokes the access tokens of a session that are older than the newest
/// [`life::MOST_ACCESS`].
fn crowd_out(transaction: &Transaction<'_>, session: &[u8; 32]) -> rusqlite::Result<Vec<Access>> {
    let older = revoke_all_but(transaction, session, life::MOST_ACCESS)?;
    for access in &older {
        transaction.prepare_cached(UNRECORD)?.execute([&access.id])?;
    }
    Ok(older)
}

/// Revokes the access tokens of a session but the `newest`, and returns them.
fn revoke_all_but(
    transaction: &Transaction<'_>,
    session: &[u8; 32],
    newest: u32,
) -> rusqlite::Result<Vec<Access>> {
    let mut statement = transaction.prepare_cached(ACCESS_OF)?;
    let revoked: Vec<Access> =
        statement.query_map((session, newest), access)?.collect::<Result<_, _>>()?;
    for access in &revoked {
        revoke(transaction, access)?;
    }
    Ok(revoked)
}

fn record(
    transaction: &Transaction<'_>,
    session: &[u8; 32],
    access: &Access,
) -> rusqlite::Result<()> {
    let columns = (&access.id, session, Seconds(access.ends));
    transaction.prepare_cached(RECORD)?.execute(columns).map(drop)
}

fn revoke(transaction: &Transaction<'_>, access: &Access) -> rusqlite::Result<()> {
    transaction.prepare_cached(REVOKE)?.execute((&access.id, Seconds(access.ends))).map(drop)
}

fn access(row: &rusqlite::Row<'_>) -> rusqlite::Result<Access> {
    let Seconds(ends) = row.get("ends")?;
    Ok(Access { id: row.get("id")?, ends })
}

const BEGIN: &str = "
    INSERT INTO session (id, secret, email, begun, ends)
    SELECT :id, :secret, email, :begun, :ends FROM user
    WHERE email = :email AND role = :role AND password = :password";

const FIND: &str = "
    SELECT secret, begun, session.email, role
    FROM session JOIN user ON user.email = session.email WHERE id = ?1";

const RENEW: &str = "UPDATE session SET secret = ?1, ends = ?2 WHERE id = ?3";

const END: &str = "DELETE FROM session WHERE id = ?1";

/// All of a user's but the newest; one that was used lately is newer than one begun since.
const OLDER: &str = "
    SELECT id FROM session WHERE email = ?1 ORDER BY ends DESC, begun DESC LIMIT -1 OFFSET ?2";

const RECORD: &str = "INSERT INTO access (id, session, ends) VALUES (?1, ?2, ?3)";

const UNRECORD: &str = "DELETE FROM access WHERE id = ?1";

const SESSION_OF: &str = "SELECT session FROM access WHERE id = ?1";

const ACCESS_OF: &str = "
    SELECT id, ends FROM access WHERE session = ?1 ORDER BY ends DESC LIMIT -1 OFFSET ?2";

const REVOKE: &str = "
    INSERT INTO revoked (id, ends) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";

const FORGET_SESSIONS: &str = "DELETE FROM session WHERE ends <= ?1";

const FORGET_ACCESS: &str = "DELETE FROM access WHERE ends <= ?1";

const FORGET_REVOKED: &str = "DELETE FROM revoked WHERE ends <= ?1";

const FORGET_SIGNED_OUT: &str = "DELETE FROM signed_out WHERE before <= ?1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::RefreshToken;
    use crate::store::NewUser;

    #[tokio::test]
    async fn what_was_compared_with_a_password_of_before_begins_no_session() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (email, now): (Email, _) =
            ("ada@example.test".parse().unwrap(), Duration::from_secs(1_800_000_000));
        let begin = |user: &User| {
            let access = Access { id: "made-up".to_owned(), ends: now + life::ACCESS };
            let ticket = RefreshToken::new().unwrap().ticket();
            let new = NewSession { email: email.clone(), user: user.clone(), ticket, access };
            store.begin_session(new, now)
        };
        let add = |role, password: &str| {
            store.add_user(NewUser { email: email.clone(), role, password: password.to_owned() })
        };
        add(Role::Admin, "made-up hash").await.unwrap();
        let before = store.user(email.clone()).await.unwrap().unwrap();
        store.set_password(email.clone(), "another".to_owned(), now).await.unwrap();
        assert!(!begin(&before).await.unwrap(), "another password");
        store.remove_user(email.clone(), now).await.unwrap();
        assert!(!begin(&before).await.unwrap(), "no user");
        add(Role::Agent, "made-up hash").await.unwrap();
        assert!(!begin(&before).await.unwrap(), "another role");
        let after = store.user(email.clone()).await.unwrap().unwrap();
        assert!(begin(&after).await.unwrap());
    }
}
