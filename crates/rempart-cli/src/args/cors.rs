use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;

use super::keys::span;

#[derive(Debug, Subcommand)]
pub(crate) enum CorsCommand {
    /// Decides the cases on standard input, and prints a line for each: id, tab, decision
    ///
    /// A case is a line of columns with tabs between them: id, method, Origin,
    /// Access-Control-Request-Method, Access-Control-Request-Headers, and perhaps the decision that
    /// is wanted and a reason. `<absent>` stands for a header that is not sent, `<empty>` for an
    /// empty one; `\n` begins the next line of the same header; `\t`, `\\` and `\xNN` are bytes;
    /// `{repeat:TEXT:N}` repeats. A first line of column names is passed over.
    Decide(CorsArgs),
    /// Sends the cases of a table to a running service, and prints those that it decides otherwise
    ///
    /// A case is written as for `decide`, with the decision that is wanted. What the service made of
    /// it is read from its answer: to allow is to name the origin, allow credentials and, to a
    /// preflight, all that it asked for; to deny is to send no Access-Control- header, and 403 to a
    /// preflight (or 431). Other answers must name Origin in Vary. Cases whose Origin or
    /// Access-Control-Request-Method begins or ends in a blank are left out: parsers strip it.
    ///
    /// Exits 0 if no case differs, 1 if one does, 2 if the service could not be asked. Requests have
    /// no body and no credentials; those of other methods than GET and HEAD are sent, too.
    Probe(ProbeArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct CorsArgs {
    /// A policy in TOML, in place of the other options
    #[arg(long, value_name = "FILE", conflicts_with = "PolicyArgs")]
    pub(crate) policy: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) options: PolicyArgs,

    /// Compares with the decisions that are wanted: exits 1 if one differs, and names it
    #[arg(long)]
    pub(crate) check: bool,
}

/// A policy in options. Lists take commas, or the option again.
#[derive(Debug, clap::Args)]
#[group(id = "PolicyArgs", multiple = true)]
pub(crate) struct PolicyArgs {
    /// Allows an origin
    #[arg(long = "origin", value_name = "ORIGIN", value_delimiter = ',')]
    pub(crate) origins: Vec<String>,

    /// Names an origin of the service's own
    #[arg(long = "own-origin", value_name = "ORIGIN", value_delimiter = ',')]
    pub(crate) own_origins: Vec<String>,

    /// Allows a method beside GET, HEAD and POST
    #[arg(long = "method", value_name = "METHOD", value_delimiter = ',')]
    pub(crate) methods: Vec<String>,

    /// Allows a request header
    #[arg(long = "request-header", value_name = "NAME", value_delimiter = ',')]
    pub(crate) request_headers: Vec<String>,

    /// Lets pages read a response header
    #[arg(long = "expose-header", value_name = "NAME", value_delimiter = ',')]
    pub(crate) expose_headers: Vec<String>,

    /// Lets browsers keep a preflight's answer so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_age: Option<u64>,

    /// Allows cookies and other credentials
    #[arg(long)]
    pub(crate) credentials: bool,

    /// Allows every origin; not with credentials
    #[arg(long, conflicts_with = "credentials")]
    pub(crate) any_origin: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ProbeArgs {
    /// Where to send the requests, over plain HTTP: `http://127.0.0.1:8080/healthz`
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// The table of cases
    #[arg(long, value_name = "FILE")]
    pub(crate) origins: PathBuf,

    /// Takes a case for allowed without Access-Control-Allow-Credentials
    #[arg(long)]
    pub(crate) anonymous: bool,

    /// How long to wait for each answer
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = span())]
    pub(crate) timeout: Duration,
}
