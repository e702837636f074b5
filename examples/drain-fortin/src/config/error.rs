use std::io::ErrorKind;
use std::net::SocketAddr;

use rempart_core::TrustedProxiesError;
use thiserror::Error;

/// One fault of a configuration. It shows no value of a variable that is secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// `APP_ENV` names no profile.
    #[error("APP_ENV: is neither `development` nor `production`")]
    AppEnv,
    /// The `.env` file could not be read for `APP_ENV`.
    #[error("APP_ENV: the .env file that may hold it cannot be read")]
    Dotenv,
    /// The data folder could not be made.
    #[error("--data: the folder cannot be made: {kind}")]
    Folder {
        /// What the system said.
        kind: ErrorKind,
    },
    /// The folder of the keys is not there: what is revoked in the right one would be good.
    #[error("--keys or KEYS_DIR: there is no such folder")]
    Keys,
    /// `LOG_FORMAT` names no format.
    #[error("LOG_FORMAT: is neither `json` nor `text`")]
    LogFormat,
    /// `RUST_LOG` is no filter.
    #[error("RUST_LOG: is no list of directives such as `info,rempart=debug`")]
    LogFilter,
    /// There are several instances, and nowhere for them to count together.
    #[error("--instances: they count together on the server of REDIS_URL, which is not set")]
    NoRedis,
    /// A development service would be open to the network.
    #[error("{option}: {address} is not a loopback address, and APP_ENV is `development`")]
    NotLoopback {
        /// The option.
        option: &'static str,
        /// What it says.
        address: SocketAddr,
    },
    /// Nothing could be loaded.
    #[error("the configuration cannot be loaded")]
    Nothing,
    /// The public origin is not `https`, in production.
    #[error("PUBLIC_URL: is not `https`, and APP_ENV is `production`")]
    PublicUrlInTheClear,
    /// `REDIS_URL` asks for TLS.
    #[error(
        "REDIS_URL: `rediss` is TLS, which is not built in: it is `redis`, perhaps to a tunnel"
    )]
    RedisTls,
    /// `REDIS_URL` is no address of a server.
    #[error("REDIS_URL: is not `redis://[user:password@]host[:port][/database]`")]
    RedisUrl,
    /// `TRUSTED_PROXIES` is not a list of networks.
    #[error("TRUSTED_PROXIES: {0}")]
    TrustedProxies(TrustedProxiesError),
    /// A variable is missing or wrong.
    #[error(transparent)]
    Variable(rempart_keys::ConfigError),
}

/// Every fault of a configuration.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;
