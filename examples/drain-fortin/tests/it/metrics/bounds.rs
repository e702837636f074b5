use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use drain_fortin::{Config, DataOption, Log, Running, ServeOptions, serve_without};
use http::header::HOST;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{get, series};
use crate::house::{TOKENS, TWILIO, VAPI, send};

/// The most series that a page may have, whatever anybody asks.
const MOST: usize = 500;

/// The most bytes of a page.
const LONGEST: usize = 150 << 10;

/// In every text that a client makes up.
const MARK: &str = "zqx";

#[tokio::test]
async fn no_client_adds_a_series() {
    hostile(6_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: a million requests"]
async fn a_million_hostile_requests_add_no_series() {
    hostile(1_000_000).await;
}

async fn hostile(requests: usize) {
    let folder = tempfile::tempdir().unwrap();
    let running = open(folder.path()).await;
    let before = page(running.admin).await;
    let mut clients = tokio::task::JoinSet::new();
    for seed in 1..=CONNECTIONS {
        clients.spawn(ask(running.public, requests / CONNECTIONS, seed as u64));
    }
    let answered: usize = clients.join_all().await.into_iter().sum();
    let after = page(running.admin).await;
    running.stop.gracefully().await;

    let (before, counted) = (series(&before), series(&after));
    assert!(answered >= requests / 10 * 9, "{answered} of {requests} were answered");
    let limited = |(series, _): &(&String, &f64)| series.starts_with("rempart_rate_limit_requests");
    let told: f64 = counted.iter().filter(limited).map(|(_, count)| count).sum();
    let half = f64::from(u32::try_from(requests / 2).unwrap());
    assert!(told >= half, "{told} of {requests} came to a limit");
    // What is told was declared: nobody is the first.
    let new: Vec<_> = counted.keys().filter(|series| !before.contains_key(*series)).collect();
    assert!(new.is_empty(), "{new:?}");
    assert!(counted.len() <= MOST, "{} series:\n{after}", counted.len());
    assert!(after.len() <= LONGEST, "{} bytes", after.len());
    assert!(!after.contains(MARK), "{after}");
}

const CONNECTIONS: usize = 20;

/// A service that believes what the test says of its clients' addresses.
async fn open(folder: &std::path::Path) -> Running {
    let any = "127.0.0.1:0".parse().unwrap();
    let data = DataOption { folder: folder.to_owned() };
    let options =
        ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None };
    let variables = [
        ("AUTH_TOKEN_SECRET", TOKENS),
        ("VAPI_WEBHOOK_SECRET", VAPI),
        ("TWILIO_AUTH_TOKEN", TWILIO),
        ("TRUSTED_PROXIES", "127.0.0.1/32"),
    ];
    let config = Config::load(&options, variables, None).unwrap();
    let log = Log::to(&config, io::sink).unwrap();
    serve_without(config, None, log).await.unwrap()
}

async fn page(admin: SocketAddr) -> String {
    String::from_utf8(send(admin, get("/metrics")).await.into_body()).unwrap()
}

/// Sends so many requests one after the other, and tells how many were answered.
async fn ask(to: SocketAddr, requests: usize, seed: u64) -> usize {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut sender: Option<Sender> = None;
    let mut answered = 0;
    for _ in 0..requests {
        let request = random.request(to);
        let open = sender.take().filter(|sender| !sender.is_closed());
        let mut connected = if let Some(sender) = open { sender } else { connect(to).await };
        if connected.ready().await.is_err() {
            continue;
        }
        let Ok(answer) = connected.send_request(request).await else { continue };
        if answer.into_body().collect().await.is_ok() {
            answered += 1;
            sender = Some(connected);
        }
    }
    answered
}

type Sender = SendRequest<Full<Bytes>>;

async fn connect(to: SocketAddr) -> Sender {
    let stream = TcpStream::connect(to).await.unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.next()).unwrap() % of.len()].clone()
    }

    /// A text that nobody has sent before.
    fn text(&mut self) -> String {
        format!("{MARK}{:x}", self.next())
    }

    fn method(&mut self) -> Method {
        match self.next() % 10 {
            0 => Method::from_bytes(self.text().as_bytes()).unwrap(),
            1..4 => Method::GET,
            4..7 => Method::POST,
            _ => self.one(&[
                Method::DELETE,
                Method::HEAD,
                Method::OPTIONS,
                Method::PATCH,
                Method::PUT,
                Method::TRACE,
            ]),
        }
    }

    fn path(&mut self) -> String {
        const KNOWN: [&str; 12] = [
            "/",
            "/.well-known/security.txt",
            "/api/calls",
            "/api/leads",
            "/api/messages",
            "/auth/login",
            "/auth/logout",
            "/auth/refresh",
            "/healthz",
            "/reports",
            "/webhooks/twilio/sms",
            "/webhooks/vapi",
        ];
        let text = self.text();
        match self.next() % 4 {
            0 => format!("/{text}"),
            1 => format!("/api/calls/{text}?{text}={text}"),
            _ => format!("{}?{text}", self.one(&KNOWN)),
        }
    }

    /// A name of a header that some layer reads, and what a stranger makes up for it.
    fn header(&mut self) -> (&'static str, String) {
        let text = self.text();
        match self.next() % 12 {
            0 => ("origin", format!("https://{text}.example")),
            1 => ("origin", self.one(&["null", "https://drain-fortin-crm.com", "*"]).to_owned()),
            2 => ("user-agent", text),
            3 => ("authorization", format!("Bearer {text}")),
            4 => ("authorization", format!("Bearer {}", self.token())),
            5 => ("x-vapi-signature", format!("{:064x}", self.next())),
            6 => ("x-twilio-signature", text),
            7 => ("access-control-request-method", self.method().to_string()),
            8 => ("access-control-request-headers", text),
            9 => ("content-encoding", text),
            10 => ("apikey", format!("sb_secret_{text}")),
            _ => ("x-request-id", text),
        }
    }

    /// The shape of a token, by a key and an algorithm that do not exist.
    fn token(&mut self) -> String {
        use base64::Engine;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let algorithm = self.one(&["HS256", "none", "RS256", MARK]);
        let head = format!(r#"{{"alg":"{algorithm}","kid":"{}"}}"#, self.text());
        let claims = format!(r#"{{"iss":"{}","exp":{}}}"#, self.text(), self.next() >> 30);
        format!("{}.{}.{}", encode(&head), encode(&claims), encode(&self.text()))
    }

    fn request(&mut self, to: SocketAddr) -> Request<Full<Bytes>> {
        let (method, path) = (self.method(), self.path());
        let body = match (self.next() % 3, &method) {
            (0, _) | (_, &Method::GET | &Method::HEAD | &Method::TRACE) => String::new(),
            (1, _) => format!(r#"{{"{}":"{}"}}"#, self.text(), self.text()),
            _ => self.text(),
        };
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        let headers = request.headers_mut();
        headers.insert(HOST, to.to_string().parse().unwrap());
        let address = self.next().to_be_bytes();
        let address = std::net::Ipv4Addr::new(198, 18 + address[0] % 2, address[1], address[2]);
        headers.insert("x-forwarded-for", address.to_string().parse().unwrap());
        let kind = self.one(&["application/json", "application/x-www-form-urlencoded", MARK]);
        headers.insert("content-type", HeaderValue::from_static(kind));
        for _ in 0..self.next() % 4 {
            let (name, value) = self.header();
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        request
    }
}
