//! Puts the service together from its configuration: what its handlers share, and its onion.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use rempart_core::{Event, EventKind, Observer, Observers, Outcome, PolicyName};
use rempart_cors::CorsLayer;
use rempart_keys::Secret;
use rempart_redact::AccessLogLayer;
use rempart_token::{AdminGuardLayer, BrowserGuardLayer, EgressGuardLayer, TokenLayer, admin};

use crate::admin::AdminLayer;
use crate::app::{App, Shared};
use crate::config::Config;
use crate::keys::{Hidden, Keys, Purpose, stand_in};
use crate::monitor::Monitor;
use crate::onion::Onion;
use crate::part::Part;
use crate::password::{self, Passwords};
use crate::policy::{self, Headers, Limits, Names};
use crate::revocations::Revocations;
use crate::routes::Class;
use crate::serve::StartError;
use crate::session::{Minting, verifying};
use crate::store::{NewUser, Store};
use crate::user::{DEV_ADMIN, Email, Role};
use crate::variables::DEV_ADMIN_PASSWORD;
use crate::{guard, routes, sharing};

/// Opens the database, and makes what the handlers share.
pub(crate) async fn app(
    config: &Config,
    keys: Keys,
    public_url: &str,
    monitor: &Monitor,
    without: Option<Part>,
) -> Result<App, StartError> {
    let observers = monitor.observers(&keys, without)?;
    let store = Store::open(&config.folder)?;
    let counted = sharing::store(config).await?;
    let app = App::new(Shared {
        revocations: Revocations::new(store.clone(), observers.clone())?,
        store,
        passwords: Passwords::new()?,
        minting: Minting::new(&keys, config.is_production())?,
        limits: Limits::new(counted.as_ref(), &config.clock, &observers)?,
        monitor: monitor.clone(),
        observers,
        keys,
        names: Names::new()?,
        clock: Arc::clone(&config.clock),
        public_url: public_url.to_owned(),
        production: config.is_production(),
    });
    // What was revoked before a restart is revoked after it.
    app.store.read_revocations(app.clock.unix()).await?;
    let password = config.variables.secret(DEV_ADMIN_PASSWORD).filter(|_| !app.production);
    if let Some(password) = password {
        add_dev_admin(&app, password).await?;
    }
    Ok(app)
}

/// The layers, each with its policy.
pub(crate) fn onion(
    config: &Config,
    app: App,
    hidden: &Hidden,
    without: Option<Part>,
) -> Result<Onion, StartError> {
    let (clock, observers) = (&config.clock, &app.observers);
    let token = verifying(stand_in()?, app.store.revocations(), app.production)?;
    let token = TokenLayer::new(app.keys.follow_tokens(token)?).clock(Arc::clone(clock));
    Ok(Onion {
        proxies: config.proxies.clone(),
        log: AccessLogLayer::new(hidden.redaction()).clock(Arc::clone(clock)),
        headers: Headers::new(&app.public_url)?,
        cors: CorsLayer::new(policy::cors(&app.public_url)?).observer(observers.clone()),
        limits: app.limits.clone(),
        browser: BrowserGuardLayer::new(hidden.browser()).observer(observers.clone()),
        egress: EgressGuardLayer::new(hidden.egress()).observer(observers.clone()),
        token: token.observer(observers.clone()),
        app,
        without,
    })
}

/// Every public route in its onion, with the keys of those who sign, and of its declared class.
pub(crate) fn router(onion: &Onion, declared: &[(&str, Class)]) -> Result<Router, StartError> {
    let (app, clock) = (&onion.app, &onion.app.clock);
    let url = app.public_url.parse().map_err(|_| StartError::PublicUrl)?;
    let vapi = app.keys.follow_signatures(Purpose::Vapi, guard::vapi(stand_in()?)?)?;
    let twilio = app.keys.follow_signatures(Purpose::Twilio, guard::twilio(stand_in()?, url)?)?;
    let layer = |policy| guard::signature(policy, &app.observers).clock(Arc::clone(clock));
    Ok(routes::router(onion, layer(vapi), layer(twilio), declared)?)
}

/// The administration in its onion, as it listens at `bound`.
pub(crate) fn admin(onion: &Onion, bound: SocketAddr) -> Result<Router, StartError> {
    let app = &onion.app;
    // Who is denied one is denied the other.
    let denied = policy::denied(&app.clock)?;
    let gate = |name: PolicyName| -> Result<_, StartError> {
        let policy = admin::Policy::builder(name.as_str()).role(Role::Admin.as_str());
        let policy = policy.realm("drain-fortin").build()?;
        let refusals = AsAdmin { name, observers: app.observers.clone() };
        Ok(AdminLayer {
            bound,
            name,
            observers: app.observers.clone(),
            denied: denied.clone(),
            token: onion.token.clone().observer(refusals),
            guard: AdminGuardLayer::new(policy).observer(app.observers.clone()),
        })
    };
    Ok(routes::admin(onion, gate(app.names.admin)?, gate(app.names.monitor)?))
}

/// Tells of a token that does not open the administration as of an access to it that is denied.
struct AsAdmin {
    name: PolicyName,
    observers: Observers,
}

impl Observer for AsAdmin {
    fn observe(&self, event: &Event<'_>) {
        let mut event = *event;
        if event.kind == EventKind::Token && event.outcome != Outcome::Allowed {
            event.kind = EventKind::Admin;
            event.policy = &self.name;
        }
        self.observers.emit(&event);
    }
}

/// Lets the user of development in by the password of `dev-secrets.env`, old data or not.
async fn add_dev_admin(app: &App, secret: &Secret) -> Result<(), StartError> {
    let email: Email = DEV_ADMIN.parse().map_err(|_| StartError::Key)?;
    let Some(user) = app.store.user(email.clone()).await? else {
        let password = password::hash(secret.expose())?;
        app.store.add_user(NewUser { email, role: Role::Admin, password }).await?;
        return Ok(());
    };
    let password = String::from_utf8_lossy(secret.expose()).into_owned();
    if !app.passwords.verify(password, Some(user.password)).await? {
        let hash = password::hash(secret.expose())?;
        app.store.set_password(email, hash, app.clock.unix()).await?;
    }
    Ok(())
}
