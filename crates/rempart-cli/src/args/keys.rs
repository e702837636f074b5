use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use clap::builder::{NonEmptyStringValueParser, ValueParser};

/// What every verb of `keys` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct KeysArgs {
    /// The key directory, which holds a directory for each ring; that of `KEYS_DIR`, or ./data/keys
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Prints JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) verb: KeysVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    /// Shows the keys of a ring, or of all rings
    List {
        /// The ring
        ring: Option<String>,
    },
    /// Adds a pending key: services verify by it, and do not sign with it yet
    ///
    /// Makes 32 random bytes (64 hexadecimal digits) unless it is told where to take the key from.
    Add(AddArgs),
    /// Asks a service whether it takes a key: sends one signed request, and prints one line of JSON
    ///
    /// Exits 0 if the request is accepted, 1 if it is refused (401 or 403), 2 if the answer says
    /// nothing about the key.
    Test(TestArgs),
    /// Makes a pending key the active one; the one that was active still verifies for a while
    Promote(PromoteArgs),
    /// Takes a key away, for good
    ///
    /// Exits 1, and takes nothing away, while the key is in use, or while nobody knows that.
    Revoke(RevokeArgs),
    /// Removes the bytes of a revoked key; its name stays taken
    Destroy(DestroyArgs),
    /// Says of each key how old it is, when it last verified something, and whether it can go
    Status(StatusArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// The ring; made if there is none of this name
    pub(crate) ring: String,

    /// The name of the key, 1 to 16 of A-Z a-z 0-9 . _ -; the date by default
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,

    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// Takes a key of fewer than 32 bytes
    #[arg(long)]
    pub(crate) dangerously_short: bool,

    #[command(flatten)]
    pub(crate) reload: ReloadArgs,
}

/// Where the bytes of a key come from, when they are not made here.
#[derive(Debug, clap::Args)]
#[group(id = "SourceArgs", multiple = false)]
pub(crate) struct SourceArgs {
    /// Takes the key from standard input
    #[arg(long)]
    pub(crate) stdin: bool,

    /// Takes the key from an environment variable
    #[arg(long, value_name = "VAR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) secret_env: Option<String>,

    /// Takes the key from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    /// The ring
    pub(crate) ring: String,

    /// Where to send the request; plain HTTP only
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,

    /// The key; by default the one that is pending
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,

    /// How the key is used: a signature scheme (github, twilio, vapi…), or bearer for a token
    #[arg(long, value_name = "NAME", default_value = "vapi")]
    pub(crate) scheme: String,

    /// The URL that a scheme signs, where the service is known by another than --url
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,

    /// Sends the same under a made-up key first, which must be refused
    #[arg(long)]
    pub(crate) control: bool,

    /// bearer: who the token is from
    #[arg(long, value_name = "TEXT")]
    pub(crate) issuer: Option<String>,

    /// bearer: whom the token is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) audience: Option<String>,

    /// bearer: whom the token is about
    #[arg(long, value_name = "TEXT", default_value = "rempart-keys-test")]
    pub(crate) subject: String,

    /// bearer: a further claim; may be given several times
    #[arg(long = "claim", value_name = "NAME=TEXT")]
    pub(crate) claims: Vec<String>,

    /// How long to wait for an answer
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = span())]
    pub(crate) timeout: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PromoteArgs {
    /// The ring
    pub(crate) ring: String,

    /// The key
    pub(crate) id: String,

    /// How long the key that was active still verifies
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = span())]
    pub(crate) overlap: Duration,

    #[command(flatten)]
    pub(crate) reload: ReloadArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    /// The ring
    pub(crate) ring: String,

    /// The key
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) id: Option<String>,

    /// Revokes every key of the ring; with --force only
    #[arg(long, requires = "force")]
    pub(crate) all: bool,

    /// Revokes whether the key is in use or not
    #[arg(long)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) idle: IdleArgs,

    #[command(flatten)]
    pub(crate) reload: ReloadArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DestroyArgs {
    /// The ring
    pub(crate) ring: String,

    /// The key, which is revoked
    pub(crate) id: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// The ring; all of them by default
    pub(crate) ring: Option<String>,

    #[command(flatten)]
    pub(crate) idle: IdleArgs,

    /// How old an active key may become
    #[arg(long, value_name = "SPAN", default_value = "90d", value_parser = span())]
    pub(crate) rotation: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct IdleArgs {
    /// How long a key must have verified nothing to be out of use
    #[arg(long, value_name = "SPAN", default_value = "30m", value_parser = span())]
    pub(crate) idle: Duration,
}

/// Whom to tell of a change.
#[derive(Debug, clap::Args)]
pub(crate) struct ReloadArgs {
    /// Tells the service by a POST to this URL, and returns once it has read the keys again
    #[arg(long, value_name = "URL")]
    pub(crate) reload: Option<String>,

    /// An environment variable with the bearer token of that request
    #[arg(long, value_name = "VAR", requires = "reload", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) reload_token_env: Option<String>,
}

/// `30m`, `24h`, `1h 30m`.
pub(super) fn span() -> ValueParser {
    ValueParser::from(|text: &str| humantime::parse_duration(text))
}
