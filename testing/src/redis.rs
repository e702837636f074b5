//! A `redis-server` of a test's own.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A `redis-server` on a free port and on a socket in a directory of its own; nothing of it is
/// written to disk, and it ends with this value.
#[derive(Debug)]
pub struct RedisServer {
    process: Child,
    directory: TempDir,
    port: u16,
}

impl RedisServer {
    /// Starts one, and waits until it is ready.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        // Somebody else may take the port before the server does.
        let attempts = (0..20).find_map(|_| {
            let port = free_port();
            Some((serve(&directory, port)?, port))
        });
        let (process, port) = attempts.expect("redis-server starts");
        Self { process, directory, port }
    }

    /// Its address on the network.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its address in the file system.
    pub fn socket_url(&self) -> String {
        format!("unix://{}", self.directory.path().join("socket").display())
    }

    /// Ends it as a process ends that is killed: it forgets everything.
    pub fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }

    /// Starts it again after [`kill`](Self::kill), empty and at the same addresses.
    pub fn restart(&mut self) {
        self.process = serve(&self.directory, self.port).expect("the port is free again");
    }

    /// Stops it from answering, while it keeps its connections.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Nothing if it ends before it is ready.
fn serve(directory: &TempDir, port: u16) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--unixsocket", "socket"])
        .current_dir(directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is installed");
    let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
    let ready =
        lines.any(|line| line.is_ok_and(|line| line.contains("eady to accept connections")));
    if !ready {
        let _ = process.kill();
        let _ = process.wait();
        return None;
    }
    // Read on, so that the server never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Some(process)
}
