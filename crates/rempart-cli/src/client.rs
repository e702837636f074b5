//! One request over plain HTTP, and its answer: no redirect, no proxy, no second attempt.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use http::header::{HOST, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;

use crate::failure::Failure;

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Target {
    host: String,
    port: u16,
    authority: HeaderValue,
    path: Uri,
}

impl Target {
    /// Reads the URL that an option gives. What was given is not repeated: there may be a
    /// credential in it.
    pub(crate) fn new(option: &str, url: &str) -> Result<Self, Failure> {
        let unfit = |what: &str| Failure::Usage(format!("{option}: {what}"));
        let uri: Uri = url.parse().map_err(|_| unfit("not a URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(unfit(NO_TLS)),
            _ => return Err(unfit("begins with `http://`")),
        }
        let authority = uri.authority().ok_or_else(|| unfit("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(unfit("holds no user name"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(80);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = path.parse().map_err(|_| unfit("not a URL"))?;
        let authority = HeaderValue::from_str(authority.as_str()).map_err(|_| unfit("no host"))?;
        Ok(Self { host, port, authority, path })
    }

    /// Whether the request stays on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let address: Result<IpAddr, _> = self.host.parse();
        address.map_or(self.host.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, Error)]
pub(crate) enum NoAnswer {
    /// What came was no HTTP, or too long.
    #[error("what came back is no answer")]
    Garbled,
    /// The way there, or back.
    #[error("{}", .0.kind())]
    Io(#[from] io::Error),
    /// Nothing came in time.
    #[error("no answer within {}", humantime::format_duration(*.0))]
    TooSlow(Duration),
}

impl From<hyper::Error> for NoAnswer {
    fn from(_: hyper::Error) -> Self {
        Self::Garbled
    }
}

/// Sends a request and waits for its answer.
pub(crate) fn send(
    target: &Target,
    method: Method,
    headers: HeaderMap,
    body: Vec<u8>,
    patience: Duration,
) -> Result<Answer, NoAnswer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let exchange = exchange(target, method, headers, body);
        match tokio::time::timeout(patience, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(NoAnswer::TooSlow(patience)),
        }
    })
}

async fn exchange(
    target: &Target,
    method: Method,
    headers: HeaderMap,
    body: Vec<u8>,
) -> Result<Answer, NoAnswer> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // What goes wrong on the connection is seen by whoever waits for the answer.
    tokio::spawn(async move { drop(connection.await) });
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = target.path.clone();
    *request.headers_mut() = headers;
    let _ = request.headers_mut().try_insert(HOST, target.authority.clone());
    let response = sender.send_request(request).await?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await;
    let body = body.map_err(|_| NoAnswer::Garbled)?.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

/// The longest answer that is read.
const MAX_ANSWER: usize = 1024 * 1024;

const NO_TLS: &str = "speaks plain `http://` only, as on the machine of the service; for `https://` \
                      sign with `rempart sign --secret-file` and send with curl";
