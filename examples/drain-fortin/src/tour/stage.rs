//! What the rows play on: two services, their clock, their logs and the secrets they share.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use rempart_core::{Clock, ManualClock, NameError, PolicyName, SystemClock};
use rempart_keys::{RingDirectory, Secret};
use rempart_signature::{Message, Scheme};

use super::TourError;
use super::ask::{Answer, Ask, Client};
use crate::keys::Purpose;
use crate::serve::{Running, serve_without};
use crate::store::{NewUser, Store};
use crate::user::DEV_ADMIN;
use crate::{Config, DataOption, Log, Part, Role, ServeOptions, StartError, password};

pub(super) struct Stage {
    running: Vec<Running>,
    /// The service that believes the tour's own address to be a proxy's.
    pub(super) public: SocketAddr,
    /// The service that trusts nobody.
    pub(super) untrusting: SocketAddr,
    /// The administration of the first.
    pub(super) admin: SocketAddr,
    pub(super) clock: ManualClock,
    pub(super) log: Lines,
    pub(super) keys: Keys,
    folder: Folder,
    clients: u16,
}

/// Made up for one tour.
pub(super) struct Keys {
    pub(super) vapi: Secret,
    twilio: Secret,
    /// What tokens are signed with.
    pub(super) tokens: Secret,
    pub(super) password: String,
    pub(super) service_role: String,
    /// What must stand nowhere: not in an answer, not in the log.
    pub(super) all: Vec<String>,
}

impl Stage {
    pub(super) async fn set(without: Option<Part>) -> Result<Self, TourError> {
        let folder = Folder::new()?;
        let clock = ManualClock::at(SystemClock.unix());
        let log = Lines::default();
        let names = [
            "AUTH_TOKEN_SECRET",
            "DEV_ADMIN_PASSWORD",
            "SUPABASE_SERVICE_ROLE_KEY",
            "TWILIO_AUTH_TOKEN",
            "VAPI_API_KEY",
            "VAPI_WEBHOOK_SECRET",
        ];
        let mut environment = Vec::new();
        for name in names {
            let prefix = match name {
                "SUPABASE_SERVICE_ROLE_KEY" => "sb_secret_",
                "VAPI_API_KEY" => "vapi_sk_",
                _ => "",
            };
            environment.push((name, format!("{prefix}{}", random_hex(32)?)));
        }
        let all: Vec<String> = environment.iter().map(|(_, value)| value.clone()).collect();
        environment.push(("LOG_FORMAT", "json".to_owned()));
        let value = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let secret = |name| Secret::new(value(name)).map_err(|_| StartError::Key);
        let keys = Keys {
            vapi: secret("VAPI_WEBHOOK_SECRET")?,
            twilio: secret("TWILIO_AUTH_TOKEN")?,
            tokens: secret("AUTH_TOKEN_SECRET")?,
            password: value("DEV_ADMIN_PASSWORD"),
            service_role: value("SUPABASE_SERVICE_ROLE_KEY"),
            all,
        };
        let mut running = Vec::new();
        for (name, proxies) in [(TRUSTING, "127.0.0.1/32"), ("untrusting", "")] {
            let options = options(folder.0.join(name));
            let mut environment = environment.clone();
            environment.push(("TRUSTED_PROXIES", proxies.to_owned()));
            let config = Config::load(&options, environment, None)?.clock(Arc::new(clock.clone()));
            let log = Log::to(&config, log.clone())?;
            running.push(serve_without(config, without, log).await?);
        }
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let admin = running.first().map_or(nowhere, |running| running.admin);
        let mut addresses = running.iter().map(|running: &Running| running.public);
        let public = addresses.next().unwrap_or(nowhere);
        let untrusting = addresses.next().unwrap_or(nowhere);
        let stage =
            Self { running, public, untrusting, admin, clock, log, keys, folder, clients: 0 };
        stage.add_agent().await?;
        Ok(stage)
    }

    /// Ends both services and removes their data.
    pub(super) async fn strike(self) {
        for running in self.running {
            running.stop.gracefully().await;
        }
        drop(self.folder);
    }

    /// Adds the user that is no administrator, as the command does beside a running service.
    async fn add_agent(&self) -> Result<(), StartError> {
        let store = Store::open(&self.folder.0.join(TRUSTING))?;
        let email = AGENT.parse().map_err(|_| StartError::Key)?;
        let password = password::hash(self.keys.password.as_bytes())?;
        store.add_user(NewUser { email, role: Role::Agent, password }).await?;
        store.close().await;
        Ok(())
    }

    /// The folder of a ring of the service that trusts a proxy.
    pub(super) fn ring(&self, purpose: Purpose) -> Result<RingDirectory, NameError> {
        let keys = self.folder.0.join(TRUSTING).join("keys");
        Ok(RingDirectory::new(keys, PolicyName::new(purpose.ring())?))
    }

    /// Counts a key among those that must stand nowhere.
    pub(super) fn keep_silent_of(&mut self, key: &Secret) {
        self.keys.all.extend(key.expose_text().map(ToOwned::to_owned));
    }

    /// A client that no row has been before.
    pub(super) fn client(&mut self) -> Client {
        self.clients = self.clients.wrapping_add(1);
        Client(self.clients)
    }

    /// Sends a request from a client of its own.
    pub(super) async fn send(&mut self, ask: Ask) -> Answer {
        let client = self.client();
        ask.from(client).send(self.public).await
    }

    /// A webhook as Vapi sends it.
    pub(super) fn vapi(&self, body: &str) -> Ask {
        self.vapi_by(&self.keys.vapi, body)
    }

    /// The same, signed with this key.
    pub(super) fn vapi_by(&self, key: &Secret, body: &str) -> Ask {
        let message = Message::new(body.as_bytes(), self.clock.unix());
        let headers = Scheme::vapi().sign(key, &message).unwrap_or_default();
        Ask::post("/webhooks/vapi", body.to_owned()).json().headers(headers)
    }

    /// A webhook as Twilio sends it to a service of this origin.
    pub(super) fn twilio(&self, origin: &str, form: &str) -> Ask {
        let url = format!("{origin}{SMS}");
        let message = Message::new(form.as_bytes(), self.clock.unix()).url(&url);
        let headers = Scheme::twilio().sign(&self.keys.twilio, &message).unwrap_or_default();
        Ask::post(SMS, form.to_owned())
            .header("content-type", "application/x-www-form-urlencoded")
            .headers(headers)
    }

    /// JSON under the signature that Twilio gives to the address alone, as for a `GET`.
    pub(super) fn twilio_json(&self, json: &str) -> Ask {
        let url = format!("{}{SMS}", self.origin());
        let message = Message::new(&[], self.clock.unix()).method(Method::GET).url(&url);
        let headers = Scheme::twilio().sign(&self.keys.twilio, &message).unwrap_or_default();
        Ask::post(SMS, json.to_owned()).json().headers(headers)
    }

    /// The origin that Twilio signs.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.public)
    }

    /// A request to sign in with this password.
    pub(super) fn login(password: &str) -> Ask {
        Self::login_as(DEV_ADMIN, password)
    }

    fn login_as(email: &str, password: &str) -> Ask {
        let body = serde_json::json!({ "email": email, "password": password });
        Ask::post("/auth/login", body.to_string()).json()
    }

    /// A token, got as anybody gets one; empty if there was none.
    pub(super) async fn token(&mut self) -> String {
        self.session().await.0
    }

    /// An access token and what renews it.
    pub(super) async fn session(&mut self) -> (String, String) {
        let login = Self::login(&self.keys.password);
        let answer = self.send(login).await;
        (answer.text("/access_token"), answer.text("/refresh_token"))
    }

    /// A token of the user that is no administrator.
    pub(super) async fn agent(&mut self) -> String {
        let login = Self::login_as(AGENT, &self.keys.password);
        self.send(login).await.text("/access_token")
    }

    /// How many records of a list have this identifier.
    pub(super) async fn stored(&mut self, list: &str, id: &str) -> usize {
        let token = self.token().await;
        let items = self.send(Ask::get(list).bearer(&token)).await.json("/items");
        let records = items.as_array().map(Vec::as_slice).unwrap_or_default();
        records.iter().filter(|record| record.get("id").is_some_and(|own| own == id)).count()
    }
}

pub(super) fn options(folder: PathBuf) -> ServeOptions {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let data = DataOption { folder };
    ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None }
}

/// Who may sign in, and is no administrator.
const AGENT: &str = "agent@example.test";

/// The data of the service that trusts a proxy.
const TRUSTING: &str = "trusting";

pub(super) const SMS: &str = "/webhooks/twilio/sms";

/// As many random bytes in hexadecimal.
pub(super) fn random_hex(bytes: usize) -> io::Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|_| io::ErrorKind::Other)?;
    let mut text = String::new();
    for byte in random {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// A folder that is gone when the tour is over.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("drain-fortin-tour-{}", random_hex(8)?));
        crate::config::private_folder(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed holds nothing that was not made up for the tour.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the services logged so far.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(super) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Where the log stands now: what [`since`](Self::since) starts from.
    pub(super) fn mark(&self) -> usize {
        self.text().len()
    }

    /// The lines since a mark, each as the fields that it holds.
    pub(super) fn since(&self, mark: usize) -> Vec<serde_json::Value> {
        let text = self.text();
        let text = text.get(mark..).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
