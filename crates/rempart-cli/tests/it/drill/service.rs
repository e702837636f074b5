use std::net::SocketAddr;
use std::path::PathBuf;

use drain_fortin::{Config, DataOption, Log, Running, ServeOptions, serve_without};
use rempart_testing::wire::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const VAPI: &str = "made-up-webhook-secret-of-the-drill";
pub(crate) const PASSWORD: &str = "made-up-password-of-the-drill-0000";

/// The service over a folder of its own, behind a proxy that it trusts: each request may come from
/// an address of its own.
pub(crate) struct Service {
    folder: TempDir,
    runtime: Runtime,
    running: Running,
}

impl Service {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let data = DataOption { folder: folder.path().join("data") };
        let options =
            ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None };
        let variables = [
            ("AUTH_TOKEN_SECRET", "made-up-token-secret-of-the-drill-0"),
            ("DEV_ADMIN_PASSWORD", PASSWORD),
            ("TRUSTED_PROXIES", "127.0.0.1/32"),
            ("TWILIO_AUTH_TOKEN", "made-up-auth-token-of-the-drill-00"),
            ("VAPI_WEBHOOK_SECRET", VAPI),
        ];
        let config = Config::load(&options, variables, None).unwrap();
        let log = Log::to(&config, std::io::sink).unwrap();
        let runtime = Runtime::new().unwrap();
        let running = runtime.block_on(serve_without(config, None, log)).unwrap();
        Self { folder, runtime, running }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn public(&self) -> SocketAddr {
        self.running.public
    }

    pub(crate) fn admin(&self) -> SocketAddr {
        self.running.admin
    }

    pub(crate) fn public_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.public)
    }

    pub(crate) fn admin_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.admin)
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.public()).unwrap()
    }

    pub(crate) fn stop(self) {
        self.runtime.block_on(self.running.stop.gracefully());
    }
}
