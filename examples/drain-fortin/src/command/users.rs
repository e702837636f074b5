//! The verbs on those who may sign in. They write to the database; a service that runs on it sees
//! what they wrote.

use std::io::{self, BufRead, IsTerminal, Write};

use rempart_core::{Clock, SystemClock};

use super::Ended;
use crate::config::private_folder;
use crate::options::{DataOption, UserVerb};
use crate::password;
use crate::store::{Added, NewUser, Store};
use crate::user::{Email, Role};

pub(super) async fn run(verb: UserVerb) -> Result<(), Ended> {
    match verb {
        UserVerb::Add { email, role, data } => add(email, role, &data).await,
        UserVerb::Remove { email, data } => {
            let store = open(&data)?;
            let removed = store.remove_user(email.clone(), SystemClock.unix()).await;
            store.close().await;
            say("removed", &email, removed.map_err(|error| Ended::failed(&error))?)
        }
        UserVerb::SignOut { email, data } => {
            let store = open(&data)?;
            let signed_out = store.sign_out_user(email.clone(), SystemClock.unix()).await;
            store.close().await;
            say("signed out", &email, signed_out.map_err(|error| Ended::failed(&error))?)
        }
    }
}

async fn add(email: Email, role: Role, data: &DataOption) -> Result<(), Ended> {
    if io::stdin().is_terminal() {
        let _ = writeln!(io::stderr(), "the password, one line (it will be seen as you type):");
    }
    let password = read_line(io::stdin().lock()).map_err(|error| Ended::failed(&error))?;
    let hash = password::hash(password.as_bytes()).map_err(|error| Ended::failed(&error))?;
    let store = open(data)?;
    let added = store.add_user(NewUser { email: email.clone(), role, password: hash }).await;
    store.close().await;
    match added.map_err(|error| Ended::failed(&error))? {
        Added::New => {
            let _ = writeln!(io::stdout(), "added {email} as {}", role.as_str());
            Ok(())
        }
        Added::Known => Err(Ended::failed(&format_args!("{email} is a user already"))),
    }
}

fn open(data: &DataOption) -> Result<Store, Ended> {
    private_folder(&data.folder).map_err(|error| Ended::failed(&error))?;
    Store::open(&data.folder).map_err(|error| Ended::failed(&error))
}

/// Says what was done to a user, if there is one.
fn say(done: &str, email: &Email, known: bool) -> Result<(), Ended> {
    if known {
        let _ = writeln!(io::stdout(), "{done} {email}");
        Ok(())
    } else {
        Err(Ended::failed(&format_args!("{email} is no user")))
    }
}

/// One line, without its end; no more of it is read than a password may have.
fn read_line(input: impl BufRead) -> io::Result<String> {
    let most = u64::try_from(password::LONGEST).unwrap_or(u64::MAX).saturating_add(2);
    let mut line = String::new();
    input.take(most).read_line(&mut line)?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
