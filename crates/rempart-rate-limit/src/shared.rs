//! Limits that the instances of a service share, counted in a Redis or Valkey server (feature
//! `redis`), or in [any other store](#another-store) that has transactions.
//!
//! A [`Policy`](crate::Policy) that can be counted there is a [`SharedPolicy`], which a layer of its
//! own kind enforces; to clients it is the same as any other.
//!
//! ```no_run
//! use rempart_rate_limit::shared::{SharedPolicy, SharedRateLimitLayer, SharedStore, connect};
//! use rempart_rate_limit::{Limit, Policy};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = SharedStore::builder(connect("redis://127.0.0.1:6379/0")?)
//!     .secret(std::env::var("LIMIT_SECRET")?)
//!     .instances(4)
//!     .build()?;
//! let policy = Policy::builder("api")
//!     .limit(Limit::new("burst", "10 per second burst 20"))
//!     .limit(Limit::strict_window("hourly", "100 per hour"))
//!     .build()?;
//! let layer = SharedRateLimitLayer::new(SharedPolicy::new(policy, &store)?);
//! # let _ = layer;
//! # Ok(())
//! # }
//! ```
//!
//! Outside of Tower there are [`SharedLimiter`], for the same policy, and the [`SharedStore`] itself
//! for whatever is charged:
//!
//! ```no_run
//! use rempart_core::{ClientAddr, PolicyName};
//! use rempart_rate_limit::Quota;
//! use rempart_rate_limit::shared::{
//!     Charge, Charges, Limit, Outcome, Rule, SharedStore, connect,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = SharedStore::builder(connect("redis://127.0.0.1:6379/0")?)
//!     .secret(std::env::var("LIMIT_SECRET")?)
//!     .instances(4)
//!     .build()?;
//!
//! let burst = Rule::gcra(Quota::per_second(10).with_burst(20))?;
//! let hourly = Rule::strict_window(Quota::per_hour(100))?;
//! let api = PolicyName::new("api")?;
//! let limits = [
//!     Limit::new(api, PolicyName::new("burst")?, burst),
//!     Limit::new(api, PolicyName::new("hourly")?, hourly),
//! ];
//!
//! let client = ClientAddr::new("203.0.113.9".parse()?);
//! let key = store.client(client.identity());
//! let charges = Charges::new(&limits.map(|limit| Charge { limit, key, cost: 1 }))?;
//! match store.decide(charges).await {
//!     Outcome::Allowed { .. } => println!("200"),
//!     Outcome::Refused { .. } => println!("429"),
//!     Outcome::Unavailable => println!("503"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - **One round trip** decides on one to eight limits, by a script that looks at all of them and
//!   then charges all or none, at the time of the server's clock. No module is needed: any Redis
//!   from 5 on, Valkey, and the services that are compatible with them.
//! - **The quota holds for all instances together.** A limit of [`Rule::gcra`] admits at most its
//!   burst and its rate. One of [`Rule::strict_window`] remembers each admission (16 bytes each,
//!   128 at most) and admits at most its number in any period. Where more is admitted is said
//!   below, and nowhere else.
//! - **A fault of the server is never a 429.** It does not answer within the deadline (50 ms), or
//!   answers what the script cannot have said: then [`OnStoreError`] decides. After five such
//!   faults in a row it is left alone for half a second, and then asked by one request at a time;
//!   so it is found within a second of its return. Each change is one line in the log. Nothing is
//!   kept for a server that is away, to be sent later.
//! - **What is charged by its outcome** ([`Counting`](crate::Counting)) is charged before the request
//!   is served, and given back by a second round trip that no response waits for.
//! - **Nothing is left behind.** Each key ends by itself when its client owes nothing any more.
//! - **Nobody is blocked for longer than a window**, also when the server's clock steps back, or
//!   another server with another clock takes over: debts past a whole window are cut to one.
//! - **The server learns no address.** Keys are `prefix:{hash}:policy:limit`, the hash being HMAC-SHA-256
//!   under the secret, cut to 128 bits. Whoever knows the secret can try all addresses; whoever
//!   changes it forgets all debts.
//!
//! # When more is admitted than the quota
//!
//! | | at most |
//! |---|---|
//! | the server restarts empty, is flushed, or its clock steps forward | a whole quota again, as if nobody had asked |
//! | a replica takes over that was behind | what the replica had not heard of |
//! | the server cannot be asked, [`OnStoreError::Local`] | each instance its part of the quota, `quota / instances`, and one request if that is less. It was charged for all that the instance let pass before: no fresh burst |
//! | leases of `k` requests ([`Builder::lease`]) | `k` in any window, for each instance |
//! | a refund of a charge that the server forgot meanwhile | what that charge was, out of what the same client was charged since |
//! | [`OnStoreError::DangerouslyOpen`] | no bound |
//!
//! Less is admitted when a request is given up after it was sent, or is answered too late: the
//! server has charged it and nobody gives it back, until time does.
//!
//! # What an instance remembers
//!
//! Denials, for as long as they are true and one second at most: who asks again costs no round
//! trip. There is room for 4,096; a newcomer takes another's place, who is then asked about once
//! more. A refund or a reset through this instance clears them, and a denial is one of the very
//! same limits, rules and costs: another tier and a reloaded quota are asked about at once. Other
//! instances hear of a refund a second later at most.
//!
//! Its share of each quota, in a [`Store`](crate::Store) of fixed size. It counts a strict window
//! by the generic cell rate algorithm, half of it at once and the rest one by one: never more than
//! the share in any period.
//!
//! Leases, if they are switched on: up to `k` requests of a client whose limit has a burst of 64
//! or more, an eighth of it at most and a quarter of what is left for each instance; where several
//! limits decide, only if all of them are such. The server has charged them; they end with a second,
//! or earlier, and are given back by [`SharedStore::return_leases`], once, as far as they were not
//! spent.
//!
//! Lists and bans, which are each instance's own. A ban begins on the instance that refused so
//! often; the others find out for themselves.
//!
//! # The server
//!
//! - `maxmemory-policy noeviction`: any other policy lets clients go that owe much. A server that
//!   is full then answers with an error, and the limits are decided as when it is away.
//! - The primary, not a replica. Persistence is not needed: what a restart forgets is said above.
//! - A cluster decides on limits of one key together ([`Builder::cluster`],
//!   [`SharedStore::decides_together`]), since others may be on another of its servers.
//! - Instances of one version, built by one compiler, while they count by
//!   [`By::extension`](crate::By::extension) or [`By::network`](crate::By::network): how such values
//!   are hashed may change with either, and the two would count apart. By client alone, it never does.
//! - Commands used: `EVALSHA`, `EVAL`, `DEL`; in the scripts `TIME`, `GET`, `SET`, `DEL`.
//!
//! # Another store
//!
//! [`SharedStore::on`] takes whatever implements [`Backend`]: Postgres, `DynamoDB`, etcd,
//! `FoundationDB`, a map in the process. What this page says of a server holds for it too, but for the
//! section above: the deadline, the breaker, the denials, the leases, the shares and the hashed keys
//! stand before every store, and all of them count alike, value by value. One that fails, is late,
//! or hands back what another [`Transaction`] decided, is a server that does not answer.
//!
//! | what it has to keep | and what happens otherwise |
//! |---|---|
//! | A transaction is alone: nobody writes its keys between its reading and its writing (`SERIALIZABLE`, `SELECT … FOR UPDATE`, a condition on what was read, a lock). Keys that are not there yet are among them | two requests see the same debt and both go on: the quota is exceeded as often as they meet. `FOR UPDATE` locks no row that does not exist: lock the key (`pg_advisory_xact_lock`), or insert it first |
//! | All of [`Decided::writes`] are written, or none | a request is charged for half of its limits |
//! | What is handed back was committed: after a conflict, all is read and decided anew | what was admitted is charged to nobody |
//! | All instances go by one clock, best by the store's own (`clock_timestamp()`; in Postgres, `now()` is when the transaction began, before it waited) | an instance whose clock is ahead by a second sees a second's requests less, and with clocks that differ by a window, there is no limit |
//! | A value stays for as long as [`Write::Set`] says, from when it is written. It may stay for longer: what is over is not counted | who is let go of early has a fresh quota |
//! | It reads what was written last: from the primary, or by a quorum, and not from a replica | as if it were not alone |
//! | It keeps the bytes of a value as they are | what is no value of this crate's is mostly no debt, and never one past a window |
//! | It blocks no thread, and begins nothing that goes on by halves when it is dropped at the deadline | requests wait that are no concern of the store's |
//!
//! Keys of one client have the same text within braces, and where that is all that a transaction can
//! span, [`Builder::cluster`] says so. Locks are best taken in the order of the keys' names, so that
//! no two transactions wait for each other.

mod backend;
mod breaker;
mod builder;
mod charge;
#[cfg(feature = "redis")]
mod connect;
mod decide;
mod denials;
mod error;
mod future;
mod inner;
mod job;
mod key;
mod layer;
mod leases;
mod limiter;
#[cfg(feature = "redis")]
mod line;
mod local;
mod log;
mod number;
mod outcome;
mod policy;
mod question;
mod refund;
mod reply;
mod rule;
#[cfg(feature = "redis")]
mod script;
mod server;
mod service;
mod store;
mod transaction;
mod write;

pub use self::backend::{Backend, BackendError};
pub use self::builder::{Builder, OnStoreError};
pub use self::charge::{Charge, Charges, ChargesError, Limit};
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use self::connect::connect;
#[cfg(feature = "redis")]
pub use self::error::ConnectError;
pub use self::error::{BuildError, BuildErrors};
pub use self::future::ResponseFuture;
pub use self::key::Key;
pub use self::layer::SharedRateLimitLayer;
pub use self::limiter::SharedLimiter;
pub use self::outcome::{Answer, Authority, Outcome, Receipt, Refunded, Ruling};
pub use self::policy::{SharedPolicy, SharingError, SharingErrors};
pub use self::rule::{Rule, RuleError};
pub use self::service::SharedRateLimit;
pub use self::store::{Deciding, SharedStore};
pub use self::transaction::{Decided, Transaction};
pub use self::write::Write;
