use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::user::{Email, Role};

/// A small company's CRM behind its whole security policy.
#[derive(Clone, Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
}

/// What to do instead of serving.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Verb {
    /// Drive every line of the policy with real HTTP, good and hostile, and show what came of it
    Tour,
    /// Manage those who may sign in
    #[command(subcommand)]
    User(UserVerb),
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum UserVerb {
    /// Add a user; the password is read from stdin, one line
    Add {
        /// The address to sign in by
        email: Email,
        /// What the user may do
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        data: DataOption,
    },
    /// Remove a user; a running service refuses what the user holds within a second
    Remove {
        /// The address the user signs in by
        email: Email,
        #[command(flatten)]
        data: DataOption,
    },
    /// End every session of a user; a running service refuses their tokens within a second
    SignOut {
        /// The address the user signs in by
        email: Email,
        #[command(flatten)]
        data: DataOption,
    },
}

/// Where the service listens, and where it keeps its data.
#[derive(Args, Clone, Debug)]
pub struct ServeOptions {
    /// Where the public listens; port 0 takes any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where the administration listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9090")]
    pub admin_listen: SocketAddr,
    /// Where the data is kept.
    #[command(flatten)]
    pub data: DataOption,
    /// The folder of the key rings, one folder a ring; that of `KEYS_DIR`, or `keys` in the data
    /// folder
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// How many instances at most count together on the server of `REDIS_URL`; while it is away,
    /// each admits that part of a quota, and whole quotas without this
    #[arg(long, value_name = "N")]
    pub instances: Option<NonZeroU32>,
}

/// Where the data is kept.
#[derive(Args, Clone, Debug)]
pub struct DataOption {
    /// The folder of the database and of the development secrets
    #[arg(long = "data", value_name = "DIR", default_value = "./data")]
    pub folder: PathBuf,
}
