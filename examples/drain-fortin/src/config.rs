//! What the service runs with: checked in full before anything is opened.

mod error;
mod profile;
mod sources;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rempart_core::{
    Faults, ForwardedHeader, SharedClock, SystemClock, TrustedProxies, TrustedProxiesError,
};
use rempart_keys::{Loaded, Loader, Profile, Schema, Variable};

pub use self::error::{ConfigError, ConfigErrors};
use self::sources::Sources;
use crate::log::{Filter, LogFormat};
use crate::options::ServeOptions;
use crate::variables::{
    self, AUTH_TOKEN_SECRET, KEYS_DIR, LOG_FORMAT, PUBLIC_URL, REDIS_URL, RUST_LOG, TRUSTED_PROXIES,
};
use crate::{keys, sharing};

/// A checked configuration of the service.
///
/// Only [`load`](Self::load) makes one.
#[derive(Clone)]
pub struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) admin_listen: SocketAddr,
    pub(crate) folder: PathBuf,
    /// The folder of the rings.
    pub(crate) keys: PathBuf,
    pub(crate) profile: Profile,
    pub(crate) variables: Arc<Loaded>,
    sources: Sources,
    /// The origin that the public knows; the listener's own where there is none.
    pub(crate) public_url: Option<String>,
    pub(crate) proxies: TrustedProxies,
    /// How many instances count together, as far as anybody said.
    pub(crate) instances: Option<NonZeroU32>,
    pub(crate) log_format: LogFormat,
    pub(crate) log_filter: Filter,
    pub(crate) clock: SharedClock,
}

impl Config {
    /// Reads the variables from `environment` and from the `.env` file, if one is given, and
    /// checks them together with the options.
    ///
    /// In development the data folder is made, and the secrets that are missing are generated
    /// into `dev-secrets.env` in it.
    ///
    /// # Errors
    ///
    /// Every fault at once; none of them shows a value.
    pub fn load<N, V>(
        options: &ServeOptions,
        environment: impl IntoIterator<Item = (N, V)>,
        dotenv: Option<&Path>,
    ) -> Result<Self, ConfigErrors>
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let environment = environment.into_iter().map(|(name, value)| (name.into(), value.into()));
        let mut environment: Vec<(OsString, OsString)> = environment.collect();
        environment.retain(|(name, value)| !(value.is_empty() && may_be_empty(name)));
        let profile = profile::read(&environment, dotenv)?;
        let mut faults = Faults::new();
        if profile == Profile::Development {
            let addresses =
                [("--listen", options.listen), ("--admin-listen", options.admin_listen)];
            let open = addresses.into_iter().filter(|(_, address)| !address.ip().is_loopback());
            let fault = |(option, address)| ConfigError::NotLoopback { option, address };
            open.map(fault).for_each(|fault| faults.push(fault));
        }
        let folder = &options.data.folder;
        let settings = settings(&environment, dotenv);
        let text = |name| settings.iter().find_map(|(_, setting)| setting.text(name));
        let proxies = text(TRUSTED_PROXIES).map_or(Ok(TrustedProxies::none()), proxies);
        let proxies = faults.take_all(proxies, ConfigError::TrustedProxies);
        let log_format = faults.take(text(LOG_FORMAT).map_or(Ok(LogFormat::Text), log_format));
        let log_filter = faults.take(text(RUST_LOG).map_or(Ok(Filter::default()), log_filter));
        let public_url = text(PUBLIC_URL).map(|url| public_url(url, profile)).transpose();
        let public_url = faults.take(public_url);
        let keys = options.keys.clone().or_else(|| text(KEYS_DIR).map(PathBuf::from));
        if keys.as_ref().is_some_and(|keys| !keys.is_dir()) {
            faults.push(ConfigError::Keys);
        }
        let keys = keys.unwrap_or_else(|| folder.join("keys"));
        let sources = Sources::new(profile, folder, dotenv, &environment);
        let redis = settings.iter().find(|(name, _)| *name == REDIS_URL);
        let url = redis.and_then(|(_, setting)| setting.secret(REDIS_URL));
        faults.take(url.map_or(Ok(()), sharing::check));
        // One that cannot be read is there, too.
        let shares = redis.is_none() || url.is_some();
        if options.instances.is_some() && !shares {
            faults.push(ConfigError::NoRedis);
        }
        let loaded = sources.load(environment, &replaced(&keys, shares), &mut faults);
        let (Some(loaded), Some(proxies), Some(log_format), Some(log_filter), Some(public_url)) =
            (loaded, proxies, log_format, log_filter, public_url)
        else {
            faults.finish()?;
            return Err(ConfigError::Nothing.into());
        };
        faults.finish()?;
        Ok(Self {
            listen: options.listen,
            admin_listen: options.admin_listen,
            folder: folder.clone(),
            keys,
            profile,
            variables: Arc::new(loaded),
            sources,
            public_url,
            proxies,
            instances: options.instances,
            log_format,
            log_filter,
            clock: Arc::new(SystemClock),
        })
    }

    /// The variables as their files say them now; `before` is what they were at last.
    pub(crate) fn variables_again(&self, before: &Loaded) -> Result<Loaded, ConfigErrors> {
        let shares = before.secret(REDIS_URL).is_some();
        self.sources.load_again(before, &replaced(&self.keys, shares))
    }

    /// Tells the time by this clock, in tokens and in limits.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// In how many parts a quota is cut while the instances cannot count together.
    pub(crate) fn parts(&self) -> u32 {
        self.instances.map_or(1, NonZeroU32::get)
    }

    /// Whether this is how the world meets the service.
    pub(crate) fn is_production(&self) -> bool {
        self.profile == Profile::Production
    }

    /// Where the generated secrets are, in development.
    pub(crate) fn dev_secrets(&self) -> Option<PathBuf> {
        (!self.is_production()).then(|| dev_secrets(&self.folder))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("admin_listen", &self.admin_listen)
            .field("folder", &self.folder)
            .field("variables", &self.variables)
            .field("public_url", &self.public_url)
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

/// The variables that nobody needs, since a ring is there in their place. Instances that count
/// together need one all the same: the same for all, whichever keys a ring has at the moment.
fn replaced(keys: &Path, shares: bool) -> Vec<&'static str> {
    let mut replaced = keys::replaced(keys);
    replaced.retain(|name| !(shares && *name == AUTH_TOKEN_SECRET));
    replaced
}

/// The variables that are checked further, each read by itself: what is wrong with one is told at once
/// with what is wrong with the others. One that cannot be read is a fault of [`load`].
fn settings(
    environment: &[(OsString, OsString)],
    dotenv: Option<&Path>,
) -> Vec<(&'static str, Loaded)> {
    let read = |variable: Variable| {
        let schema = Schema::new([variable]).ok()?;
        let loader = Loader::new(&schema, Profile::Development);
        let loader = loader.environment(environment.iter().cloned());
        let loader = match dotenv {
            Some(path) => loader.dotenv(path),
            None => loader,
        };
        Some((variable.name(), loader.load().ok()?))
    };
    variables::settings().filter_map(read).collect()
}

fn proxies(list: &str) -> Result<TrustedProxies, rempart_core::ConfigErrors<TrustedProxiesError>> {
    let proxies = TrustedProxies::parse(list, ForwardedHeader::XForwardedFor)?;
    Ok(proxies.with_forwarded_proto())
}

fn log_format(text: &str) -> Result<LogFormat, ConfigError> {
    match text {
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err(ConfigError::LogFormat),
    }
}

fn log_filter(text: &str) -> Result<Filter, ConfigError> {
    text.parse().map_err(|_| ConfigError::LogFilter)
}

/// In the clear, everything that the policy protects could be read on the way.
fn public_url(url: &str, profile: Profile) -> Result<String, ConfigError> {
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let local = local.iter().any(|local| {
        url.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    });
    if profile == Profile::Development || local || url.starts_with("https://") {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(ConfigError::PublicUrlInTheClear)
    }
}

fn dev_secrets(folder: &Path) -> PathBuf {
    folder.join("dev-secrets.env")
}

/// Makes the folder, readable by its owner alone; one that is there stays as it is.
pub(crate) fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// An empty one of these is as good as none: shells and container files write it so.
fn may_be_empty(name: &OsStr) -> bool {
    [profile::APP_ENV, KEYS_DIR, LOG_FORMAT, REDIS_URL, RUST_LOG, TRUSTED_PROXIES]
        .iter()
        .any(|known| name == *known)
}
