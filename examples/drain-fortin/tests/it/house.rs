//! A service of a test's own, in this process, and how to talk to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use drain_fortin::{Config, DataOption, Log, Running, ServeOptions, serve_without};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rempart_core::ManualClock;
use rempart_keys::{RingDirectory, Secret};
use rempart_signature::{Message, Scheme};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;

pub(crate) const VAPI: &str = "made-up-webhook-secret-of-the-tests";
pub(crate) const TWILIO: &str = "made-up-auth-token-of-the-tests-00";
pub(crate) const PASSWORD: &str = "made-up-password-of-the-tests-0000";
pub(crate) const TOKENS: &str = "made-up-token-secret-of-the-tests-0";

/// A running service over a folder that is gone with it.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) clock: ManualClock,
    pub(crate) log: Lines,
    running: Running,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_in(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn open_in(folder: TempDir) -> Self {
        let clock = ManualClock::at(std::time::Duration::from_secs(1_800_000_000));
        Self::open_at(folder, clock).await
    }

    pub(crate) async fn open_at(folder: TempDir, clock: ManualClock) -> Self {
        let config = config(folder.path()).clock(Arc::new(clock.clone()));
        Self::open_by(config, folder, clock).await
    }

    /// Clients are whom the test says they are, in `X-Forwarded-For`.
    pub(crate) async fn open_to_the_world(
        clock: ManualClock,
        told: Arc<dyn rempart_core::Clock>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let proxy = [("TRUSTED_PROXIES", "127.0.0.1/32")];
        let config = config_with(folder.path(), proxy).clock(told);
        Self::open_by(config, folder, clock).await
    }

    /// The public knows it by this URL.
    pub(crate) async fn open_known_as(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(std::time::Duration::from_secs(1_800_000_000));
        let config = config_with(folder.path(), [("PUBLIC_URL", url)]);
        Self::open_by(config.clock(Arc::new(clock.clone())), folder, clock).await
    }

    async fn open_by(config: Config, folder: TempDir, clock: ManualClock) -> Self {
        let log = Lines::default();
        let running =
            serve_without(config.clone(), None, Log::to(&config, log.clone()).unwrap()).await;
        Self { folder, clock, log, running: running.unwrap() }
    }

    pub(crate) fn public(&self) -> SocketAddr {
        self.running.public
    }

    pub(crate) fn admin(&self) -> SocketAddr {
        self.running.admin
    }

    pub(crate) async fn close(self) -> TempDir {
        self.running.stop.gracefully().await;
        self.folder
    }

    /// Reads everything again, as SIGHUP does.
    pub(crate) async fn reload(&self) -> drain_fortin::Reloaded {
        self.running.reload().await
    }

    /// The folder of a ring of the service.
    pub(crate) fn ring(&self, name: &str) -> RingDirectory {
        RingDirectory::new(self.folder.path().join("keys"), name.parse().unwrap())
    }

    pub(crate) async fn send(&self, request: Request<String>) -> Response<Vec<u8>> {
        send(self.public(), request).await
    }

    /// A webhook as Vapi sends it.
    pub(crate) async fn vapi(&self, body: &Value) -> Response<Vec<u8>> {
        self.vapi_by(&Secret::new(VAPI).unwrap(), body).await
    }

    /// The same, signed with this key.
    pub(crate) async fn vapi_by(&self, key: &Secret, body: &Value) -> Response<Vec<u8>> {
        let body = body.to_string();
        let message = Message::new(body.as_bytes(), std::time::Duration::ZERO);
        let headers = Scheme::vapi().sign(key, &message).unwrap();
        self.send(post("/webhooks/vapi", headers, "application/json", &body)).await
    }

    /// A webhook as Twilio sends it.
    pub(crate) async fn twilio(&self, form: &str) -> Response<Vec<u8>> {
        let url = format!("http://{}/webhooks/twilio/sms", self.public());
        let message = Message::new(form.as_bytes(), std::time::Duration::ZERO).url(&url);
        let headers = Scheme::twilio().sign(&Secret::new(TWILIO).unwrap(), &message).unwrap();
        self.send(post("/webhooks/twilio/sms", headers, FORM, form)).await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Response<Vec<u8>> {
        let body = serde_json::json!({ "email": email, "password": password }).to_string();
        self.send(post("/auth/login", HeaderMap::new(), "application/json", &body)).await
    }

    pub(crate) async fn token(&self) -> String {
        self.pair().await.access
    }

    /// Both tokens of a new session of the user of development.
    pub(crate) async fn pair(&self) -> Pair {
        Pair::of(&self.login("admin@example.test", PASSWORD).await)
    }

    pub(crate) async fn refresh(&self, refresh: &str) -> Response<Vec<u8>> {
        let body = serde_json::json!({ "refresh_token": refresh }).to_string();
        self.send(post("/auth/refresh", HeaderMap::new(), "application/json", &body)).await
    }

    pub(crate) async fn logout(&self, access: &str) -> Response<Vec<u8>> {
        let request = Request::post("/auth/logout").header("authorization", bearer(access));
        self.send(request.body(String::new()).unwrap()).await
    }

    /// The status that a list answers to the bearer of this token.
    pub(crate) async fn status(&self, access: &str) -> u16 {
        let request = Request::get("/api/calls").header("authorization", bearer(access));
        self.send(request.body(String::new()).unwrap()).await.status().as_u16()
    }

    /// Lets a minute pass, so that the limit of the class `auth` is as new.
    pub(crate) fn wait(&self) {
        self.clock.advance(std::time::Duration::from_secs(60));
    }

    /// What a list holds.
    pub(crate) async fn list(&self, path: &str, token: &str) -> Value {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        json(&self.send(request.body(String::new()).unwrap()).await)
    }
}

/// What a login and a refresh give.
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Pair {
    pub(crate) fn of(answer: &Response<Vec<u8>>) -> Self {
        assert_eq!(answer.status(), 200, "{answer:?}");
        let body = json(answer);
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Made-up secrets, and no proxy trusted.
pub(crate) fn config(folder: &Path) -> Config {
    config_with(folder, [])
}

fn config_with<const N: usize>(folder: &Path, more: [(&str, &str); N]) -> Config {
    let any = "127.0.0.1:0".parse().unwrap();
    let data = DataOption { folder: folder.to_owned() };
    let options =
        ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None };
    let variables = [
        ("AUTH_TOKEN_SECRET", TOKENS),
        ("VAPI_WEBHOOK_SECRET", VAPI),
        ("TWILIO_AUTH_TOKEN", TWILIO),
        ("DEV_ADMIN_PASSWORD", PASSWORD),
    ];
    Config::load(&options, variables.into_iter().chain(more), None).unwrap()
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn post(path: &str, headers: HeaderMap, kind: &str, body: &str) -> Request<String> {
    let mut request =
        Request::post(path).header("content-type", kind).body(body.to_owned()).unwrap();
    request.headers_mut().extend(headers);
    request
}

pub(crate) async fn send(to: SocketAddr, mut request: Request<String>) -> Response<Vec<u8>> {
    let stream = TcpStream::connect(to).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    request.headers_mut().entry("host").or_insert(to.to_string().parse().unwrap());
    let response = sender.send_request(request.map(Full::<bytes::Bytes>::from)).await.unwrap();
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes().to_vec())
}

pub(crate) fn json(answer: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

/// What the service logged.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
