use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum LimitCommand {
    /// Simulates clients before a limit, and prints what each group of them was served
    ///
    /// Time is simulated, requests cost 1, and each is decided by the limiter's own code. The same
    /// seed gives the same output, byte for byte.
    ///
    /// A group of honest clients is `CLIENTSxRATE`, the rate being that of each: `1000x0.5/s`. One of
    /// hostile clients is
    ///
    ///   greedy:RATE          one address
    ///   flood:CLIENTSxRATE   so many addresses, the rate being that of each
    ///   rotate:RATE          a fresh address for each request
    ///   rotate/P:RATE        the networks of one IPv6 /P in turn, P from 44 to 64; a /64 is one client
    ///
    /// A rate is a number, `/`, and s, min, h or d. After it stands how requests come: `poisson`, by
    /// chance (the default); `steady`, at even intervals; `burst N`, by chance, N at once.
    #[command(verbatim_doc_comment)]
    Simulate(SimulateArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct SimulateArgs {
    /// The quota of each client: `10 requests per minute`, `5 per 2s burst 20`
    #[arg(long, value_name = "QUOTA")]
    pub(crate) quota: String,

    /// Allows no more than the limit in any window, wherever it begins
    #[arg(long)]
    pub(crate) strict_window: bool,

    /// A group of honest clients: `1000x0.5/s`; may be given several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) honest: Vec<String>,

    /// A group of hostile clients: `rotate:50000/s`; may be given several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) hostile: Vec<String>,

    /// How long they send
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) seconds: u64,

    /// For how many clients in debt at a time the store is made; with --instances, that of each
    #[arg(long, value_name = "CLIENTS", default_value_t = rempart::rate_limit::Store::DEFAULT_CAPACITY)]
    pub(crate) capacity: usize,

    /// What becomes of a newcomer when its line of the store is full of clients that still owe
    #[arg(long, value_enum, value_name = "MODE", default_value_t = WhenFull::Strict)]
    pub(crate) when_full: WhenFull,

    /// What chance is drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Prints one line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) shared: SharedArgs,
}

/// One quota that several instances share.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "One quota in Redis or Valkey")]
pub(crate) struct SharedArgs {
    /// So many instances of the service share the quota; requests come to any of them, by chance
    #[arg(long, value_name = "COUNT")]
    pub(crate) instances: Option<u32>,

    /// Instances take so many requests of a client at a time, and spend them without asking
    #[arg(long, value_name = "COUNT", requires = "instances")]
    pub(crate) lease: Option<u32>,

    /// The shared store cannot be reached from this second to that one, `20..30`
    #[arg(long, value_name = "FROM..TO", requires = "instances")]
    pub(crate) store_down: Option<String>,
}

/// What becomes of a newcomer when its line of the store is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhenFull {
    /// A bounded fresh start.
    Available,
    /// The smallest debt in the line.
    Strict,
}
