mod cors;
mod keys;
mod limit;
mod message;

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, RangedU64ValueParser};
use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use self::cors::{CorsArgs, CorsCommand, PolicyArgs, ProbeArgs};
pub(crate) use self::keys::{
    AddArgs, DestroyArgs, KeysArgs, KeysVerb, PromoteArgs, ReloadArgs, RevokeArgs, SourceArgs,
    StatusArgs, TestArgs,
};
pub(crate) use self::limit::{LimitCommand, SharedArgs, SimulateArgs, WhenFull};
pub(crate) use self::message::{Digest, MadeArgs, SecretForm, SignaturesArgs, WantedArgs};

/// Webhook signatures, CORS decisions, rate limits, redaction and keys, from the command line.
#[derive(Debug, Parser)]
#[command(name = "rempart", version, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Signs the body on standard input, and prints the header lines to send with it
    ///
    /// What it prints suits `curl -H @-`:
    ///
    ///   rempart sign --scheme vapi --secret-env SECRET < body | curl -H @- --data-binary @body URL
    #[command(verbatim_doc_comment)]
    Sign(SignArgs),
    /// Verifies the body on standard input, and prints one line of JSON
    ///
    /// Exits 0 if it is accepted, 1 if it is refused, 2 if it could not be asked.
    Verify(VerifyArgs),
    /// Asks a CORS policy
    #[command(subcommand)]
    Cors(CorsCommand),
    /// Shows and changes the keys of services, on disk
    Keys(KeysArgs),
    /// Tries a rate limit out
    #[command(subcommand)]
    Limit(LimitCommand),
    /// Copies standard input to standard output without secrets and personal data
    Scrub(ScrubArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) message: MessageArgs,

    #[command(flatten)]
    pub(crate) secret: SecretArgs,

    /// The message's id, for schemes that write it into the body
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,

    #[command(flatten)]
    pub(crate) signatures: SignaturesArgs,

    #[command(flatten)]
    pub(crate) made: MadeArgs,
}

/// Where a secret or a private key is; an argument is seen by every user of the machine.
#[derive(Debug, clap::Args)]
#[group(id = "SecretArgs", required = true, multiple = false)]
pub(crate) struct SecretArgs {
    /// The environment variable that holds the secret, or the private key
    #[arg(long, value_name = "VAR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) secret_env: Option<String>,

    /// The file that holds the secret, or the private key
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) message: MessageArgs,

    #[command(flatten)]
    pub(crate) secrets: SecretsArgs,

    /// Says of what is refused which of the usual mistakes explains it
    #[arg(long)]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) signatures: SignaturesArgs,

    #[command(flatten)]
    pub(crate) wanted: WantedArgs,
}

/// Where secrets or public keys are.
#[derive(Debug, clap::Args)]
#[group(id = "SecretsArgs", required = true, multiple = true)]
pub(crate) struct SecretsArgs {
    /// The environment variable that holds the secret, or the public key; several while it is
    /// rotated
    #[arg(long, value_name = "VAR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) secret_env: Vec<String>,

    /// The file that holds the secret, or the public key; several while it is rotated
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Vec<PathBuf>,
}

/// What is signed, beside the body.
#[derive(Debug, clap::Args)]
pub(crate) struct MessageArgs {
    /// The scheme: github, twilio, vapi… (a name that is none lists them all), or `message` for
    /// HTTP message signatures
    #[arg(long, value_name = "NAME")]
    pub(crate) scheme: String,

    /// The whole URL, for schemes that sign it, and for message signatures
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// The request's method
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    pub(crate) method: String,

    /// The time in seconds since 1970; now by default
    #[arg(long, value_name = "UNIX", value_parser = RangedU64ValueParser::<u64>::new())]
    pub(crate) at: Option<u64>,

    /// A header of the request; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ScrubArgs {
    /// An environment variable whose value is hidden wherever it stands
    #[arg(long, value_name = "VAR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) secret_env: Vec<String>,

    /// A name whose values are hidden, in JSON, forms, queries and `name=value`
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) key: Vec<String>,
}

/// Whether a text begins with the name of one of this tool's options.
pub(crate) fn is_option(text: &str) -> bool {
    fn within(command: &clap::Command, name: &str) -> bool {
        let named = |arg: &clap::Arg| {
            let long = arg.get_long().map(|long| format!("--{long}"));
            let short = arg.get_short().map(|short| format!("-{short}"));
            long.as_deref() == Some(name) || short.as_deref() == Some(name)
        };
        command.get_arguments().any(named) || command.get_subcommands().any(|c| within(c, name))
    }
    // One of several is written `<--one <ONE>|--other <OTHER>>`.
    let name = text.trim_start_matches('<').split([' ', '=']).next().unwrap_or_default();
    within(&Args::command(), name)
}
