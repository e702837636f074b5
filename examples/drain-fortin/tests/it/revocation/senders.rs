use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rempart_keys::Secret;
use rempart_signature::{Message, Scheme};
use rempart_testing::wire::Connection;

/// What a request is signed with, or bears.
#[derive(Clone)]
pub(super) enum Credential {
    Key(Secret),
    Token(String),
}

impl Credential {
    /// The request, and its headers beside the address that it is from.
    fn request(&self) -> (&'static str, (&'static str, String), &'static str) {
        match self {
            Self::Key(key) => {
                let message = Message::new(BODY.as_bytes(), Duration::ZERO);
                let signed = Scheme::vapi().sign(key, &message).unwrap();
                let signature = signed["x-vapi-signature"].to_str().unwrap().to_owned();
                ("POST /webhooks/vapi", ("x-vapi-signature", signature), BODY)
            }
            Self::Token(token) => {
                ("GET /api/messages", ("authorization", format!("Bearer {token}")), "")
            }
        }
    }
}

/// A message that leaves nothing behind.
const BODY: &str = r#"{"message":{"type":"hang"}}"#;

/// Some connections on which one credential is sent, request after request.
pub(super) struct Senders {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    addr: SocketAddr,
    tally: Mutex<Tally>,
    address: AtomicU32,
    is_over: AtomicBool,
}

/// What became of the requests.
#[derive(Clone, Copy)]
pub(super) struct Tally {
    pub(super) accepted: u64,
    /// Neither accepted nor 401.
    pub(super) others: u64,
    /// From when on requests are late.
    from: Option<Instant>,
    /// The requests that were begun after that.
    pub(super) late: u64,
    pub(super) late_accepted: u64,
    /// When the last request began that was accepted.
    pub(super) last_accepted: Instant,
}

impl Senders {
    pub(super) fn start(addr: SocketAddr, credential: &Credential) -> Self {
        let tally = Tally {
            accepted: 0,
            others: 0,
            from: None,
            late: 0,
            late_accepted: 0,
            last_accepted: Instant::now(),
        };
        let shared = Arc::new(Shared {
            addr,
            tally: Mutex::new(tally),
            address: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
        });
        let send = || {
            let (shared, credential) = (Arc::clone(&shared), credential.clone());
            thread::spawn(move || shared.send_on(&credential))
        };
        let threads = (0..4).map(|_| send()).collect();
        Self { shared, threads }
    }

    /// Counts the requests that begin after this moment by themselves.
    pub(super) fn count_from(&self, moment: Instant) {
        self.shared.tally.lock().unwrap().from = Some(moment);
    }

    pub(super) fn wait_for(&self, is_so: impl Fn(&Tally) -> bool) {
        let begun = Instant::now();
        while !is_so(&self.shared.tally.lock().unwrap()) {
            assert!(begun.elapsed() < PATIENCE, "the senders stand still");
            assert!(!self.threads.iter().any(JoinHandle::is_finished), "a sender has failed");
            thread::park_timeout(Duration::from_millis(2));
        }
    }

    /// Sends one request with another credential; gives the status.
    pub(super) fn try_once(&self, credential: &Credential) -> u16 {
        let mut connection = Connection::open(self.shared.addr).unwrap();
        self.shared.send(&mut connection, &credential.request())
    }

    pub(super) fn stop(self) -> Tally {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        *self.shared.tally.lock().unwrap()
    }
}

impl Shared {
    fn send_on(&self, credential: &Credential) {
        let mut connection = Connection::open(self.addr).unwrap();
        let request = credential.request();
        while !self.is_over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let status = self.send(&mut connection, &request);
            let mut tally = self.tally.lock().unwrap();
            let is_late = tally.from.is_some_and(|from| begun > from);
            let accepted = (200..300).contains(&status);
            tally.late += u64::from(is_late);
            tally.late_accepted += u64::from(is_late && accepted);
            tally.accepted += u64::from(accepted);
            tally.others += u64::from(!accepted && status != 401);
            if accepted {
                tally.last_accepted = tally.last_accepted.max(begun);
            }
        }
    }

    fn send(
        &self,
        connection: &mut Connection,
        (line, header, body): &(&str, (&str, String), &str),
    ) -> u16 {
        // Some requests from each address, fewer than the limit takes.
        let [_, b, c, d] = (self.address.fetch_add(1, Ordering::Relaxed) / 8).to_be_bytes();
        let from = format!("10.{b}.{c}.{d}");
        let headers = [("x-forwarded-for", &*from), (header.0, &*header.1)];
        let headers = [&headers[..], &[("content-type", "application/json")]].concat();
        connection.send(line, &headers, body.as_bytes()).unwrap().status
    }
}

/// For as many requests as the longest test sends.
const PATIENCE: Duration = Duration::from_secs(600);
