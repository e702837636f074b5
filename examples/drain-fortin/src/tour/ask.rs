//! A small HTTP client: one connection a request, nothing done behind one's back.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A request to be sent.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Ask {
    pub(super) fn get(target: impl Into<String>) -> Self {
        Self::new(Method::GET, target)
    }

    pub(super) fn post(target: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::new(Method::POST, target) }
    }

    /// Asks, as a browser would, whether `method` may be sent from `origin`.
    pub(super) fn preflight(target: &str, origin: &str, method: &str) -> Self {
        let ask = Self::new(Method::OPTIONS, target).header("origin", origin);
        ask.header("access-control-request-method", method)
    }

    pub(super) fn new(method: Method, target: impl Into<String>) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { method, target: target.into(), headers, body }
    }

    /// Adds a header line; a text that no header can hold adds none.
    pub(super) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value.as_ref()) {
            let _ = self.headers.try_append(HeaderName::from_static(name), value);
        }
        self
    }

    pub(super) fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Says, as a proxy would, for which client it asks.
    pub(super) fn from(self, client: Client) -> Self {
        self.header("x-forwarded-for", client.to_string())
    }

    /// A header that will be sent; empty if it will not.
    pub(super) fn sent(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn json(self) -> Self {
        self.header("content-type", "application/json")
    }

    pub(super) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends it; what cannot be sent or read is an answer without a status.
    pub(super) async fn send(self, to: SocketAddr) -> Answer {
        match timeout(PATIENCE, self.exchange(to)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(why)) => Answer::none(why),
            Err(why) => Answer::none(why.to_string()),
        }
    }

    async fn exchange(self, to: SocketAddr) -> Result<Answer, String> {
        let stream = TcpStream::connect(to).await.map_err(plain)?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(plain)?;
        // What goes wrong on the connection is seen by whoever waits for the answer.
        tokio::spawn(async move { drop(connection.await) });
        let mut request = Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.target.parse().map_err(plain)?;
        *request.headers_mut() = self.headers;
        if !request.headers().contains_key(HOST) {
            let host = HeaderValue::try_from(to.to_string()).map_err(plain)?;
            let _ = request.headers_mut().try_insert(HOST, host);
        }
        let response = sender.send_request(request).await.map_err(plain)?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(plain)?.to_bytes();
        Ok(Answer {
            status: Some(parts.status),
            headers: parts.headers,
            body,
            trouble: String::new(),
        })
    }
}

fn plain(error: impl Display) -> String {
    error.to_string()
}

/// A client of a proxy, by its number: addresses that are kept for measurements of networks
/// ([RFC 2544](https://www.rfc-editor.org/rfc/rfc2544#appendix-C)), since those for documentation
/// are too few.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) u16);

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [high, low] = self.0.to_be_bytes();
        write!(f, "198.18.{high}.{low}")
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: Option<StatusCode>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    trouble: String,
}

impl Answer {
    fn none(trouble: String) -> Self {
        Self { status: None, headers: HeaderMap::new(), body: Bytes::new(), trouble }
    }

    /// The status, or what went wrong.
    pub(super) fn status(&self) -> String {
        match self.status {
            Some(status) => status.as_u16().to_string(),
            None => format!("no answer: {}", self.trouble),
        }
    }

    pub(super) fn is(&self, status: u16) -> bool {
        self.status.is_some_and(|own| own.as_u16() == status)
    }

    /// A header's text; empty if it is not there.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What the JSON of its body holds at a pointer (RFC 6901); null if that is nothing.
    pub(super) fn json(&self, pointer: &str) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body.pointer(pointer).cloned().unwrap_or_default()
    }

    /// The same, of a text; empty if it is none.
    pub(super) fn text(&self, pointer: &str) -> String {
        self.json(pointer).as_str().unwrap_or_default().to_owned()
    }

    /// The names of its headers, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
