//! Puts the service together from its configuration: what its handlers share, and its onion.

use std::sync::Arc;

use axum::Router;
use rempart_core::{KeyId, Observers};
use rempart_cors::CorsLayer;
use rempart_keys::Secret;
use rempart_redact::{AccessLogLayer, RefusalLog};

use crate::app::{App, DEV_ADMIN, Shared};
use crate::config::Config;
use crate::onion::Onion;
use crate::part::Part;
use crate::password::{self, Passwords};
use crate::policy::{self, Headers, Limits, Names};
use crate::serve::StartError;
use crate::store::{NewUser, Store};
use crate::token::Tokens;
use crate::user::{Email, Role};
use crate::variables::{
    AUTH_TOKEN_SECRET, DEV_ADMIN_PASSWORD, TWILIO_AUTH_TOKEN, VAPI_WEBHOOK_SECRET,
};
use crate::{guard, log, routes};

/// Opens the database, and makes what the handlers share.
pub(crate) async fn app(
    config: &Config,
    public_url: &str,
    refusals: &Arc<RefusalLog>,
    without: Option<Part>,
) -> Result<App, StartError> {
    let observers = if without == Some(Part::Log) {
        Observers::from(())
    } else {
        Observers::from(Arc::clone(refusals))
    };
    let app = App::new(Shared {
        store: Store::open(&config.folder)?,
        passwords: Passwords::new()?,
        tokens: Tokens::new(secret(config, AUTH_TOKEN_SECRET)?).ok_or(StartError::Key)?,
        observers,
        names: Names::new()?,
        clock: Arc::clone(&config.clock),
        public_url: public_url.to_owned(),
        production: config.is_production(),
    });
    let password = config.variables.secret(DEV_ADMIN_PASSWORD).filter(|_| !app.production);
    if let Some(password) = password {
        add_dev_admin(&app, password).await?;
    }
    Ok(app)
}

/// The layers, each with its policy.
pub(crate) fn onion(config: &Config, app: App, without: Option<Part>) -> Result<Onion, StartError> {
    let (clock, observers) = (&config.clock, &app.observers);
    let cors = CorsLayer::new(policy::cors(&app.public_url)?).observer(observers.clone());
    let log = AccessLogLayer::new(log::redaction(&config.variables)?).clock(Arc::clone(clock));
    let headers = Headers::new(&app.public_url)?;
    let limits = Limits::new(clock, observers)?;
    let proxies = config.proxies.clone();
    Ok(Onion { app, proxies, log, headers, cors, limits, without })
}

/// Every public route in its onion, with the keys of those who sign.
pub(crate) fn router(config: &Config, onion: &Onion) -> Result<Router, StartError> {
    let (key, observers) = (KeyId::new("current")?, &onion.app.observers);
    let url = onion.app.public_url.parse().map_err(|_| StartError::PublicUrl)?;
    let vapi = guard::vapi(key, secret(config, VAPI_WEBHOOK_SECRET)?, observers)?;
    let twilio = guard::twilio(key, secret(config, TWILIO_AUTH_TOKEN)?, url, observers)?;
    Ok(routes::router(onion, vapi, twilio)?)
}

fn secret<'a>(config: &'a Config, name: &'static str) -> Result<&'a Secret, StartError> {
    Ok(config.variables.required(name)?)
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
        app.store.set_password(email, password::hash(secret.expose())?).await?;
    }
    Ok(())
}
