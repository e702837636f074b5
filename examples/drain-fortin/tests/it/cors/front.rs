//! The network as a browser sees it: every name leads here, TLS and all.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The service under its name, and a page under every other.
pub(super) struct Front {
    tls: SocketAddr,
    plain: SocketAddr,
    key: String,
    listeners: [JoinHandle<()>; 2],
}

impl Front {
    /// Lets connections for `name` through to the service at `service`.
    pub(super) async fn open(name: &'static str, names: &[&str], service: SocketAddr) -> Self {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().chain([&name]).map(ToString::to_string).collect();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (secure, clear) = (listener().await, listener().await);
        let (tls, plain) = (secure.local_addr().unwrap(), clear.local_addr().unwrap());
        let secure = tokio::spawn(async move {
            while let Ok((stream, _)) = secure.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A browser breaks off connections that it opened in advance.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    if stream.get_ref().1.server_name() == Some(name) {
                        let mut service = TcpStream::connect(service).await.unwrap();
                        let _ = copy_bidirectional(&mut stream, &mut service).await;
                    } else {
                        pages(stream).await;
                    }
                });
            }
        });
        let clear = tokio::spawn(async move {
            while let Ok((stream, _)) = clear.accept().await {
                tokio::spawn(pages(stream));
            }
        });
        let key = STANDARD.encode(Sha256::digest(key.subject_public_key_info()));
        Self { tls, plain, key, listeners: [secure, clear] }
    }

    /// What makes a browser find it, and take its certificate and no other that nobody signed.
    pub(super) fn switches(&self) -> [String; 2] {
        [
            format!("--host-resolver-rules=MAP *:80 {}, MAP * {}", self.plain, self.tls),
            format!("--ignore-certificate-errors-spki-list={}", self.key),
        ]
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.listeners.iter().for_each(JoinHandle::abort);
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Serves a page at every path; the one at `/sandbox` has no origin.
async fn pages(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let page = service_fn(|request: Request<Incoming>| async move {
        let mut page = Response::builder().header("content-type", "text/html");
        if request.uri().path() == "/sandbox" {
            page = page.header("content-security-policy", "sandbox allow-scripts");
        }
        let text = Bytes::from_static(b"<!doctype html><title>A page</title>");
        Ok::<_, Infallible>(page.body(Full::new(text)).unwrap())
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), page).await;
}
