use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rempart::keys::Secret;
use rempart::signature::{Message, Scheme};
use rempart_testing::wire::{Answer, Connection};
use serde_json::Value;

use super::service::{PASSWORD, Service, VAPI};

/// Senders of webhooks and users of the API that send one request after another, all the time.
pub(crate) struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

struct Shared {
    addr: SocketAddr,
    /// What the senders sign with.
    key: Mutex<Secret>,
    /// What the users bear.
    token: Mutex<String>,
    served: [AtomicU64; CLIENTS],
    failed: Mutex<Vec<String>>,
    /// Each request is from an address of its own: the limits are not what is drilled.
    address: AtomicU32,
    is_over: AtomicBool,
}

const CLIENTS: usize = 4;

impl Load {
    pub(crate) fn start(service: &Service) -> Self {
        let shared = Arc::new(Shared {
            addr: service.public(),
            key: Mutex::new(Secret::new(VAPI).unwrap()),
            token: Mutex::default(),
            served: Default::default(),
            failed: Mutex::default(),
            address: AtomicU32::new(1),
            is_over: AtomicBool::new(false),
        });
        let load = Self { shared, clients: Vec::new() };
        load.sign_in_again();
        let client = |nth: usize| {
            let shared = Arc::clone(&load.shared);
            thread::spawn(move || shared.send_on(nth))
        };
        Self { clients: (0..CLIENTS).map(client).collect(), ..load }
    }

    /// From now on the senders sign with this key.
    pub(crate) fn sign_with(&self, key: &Secret) {
        *self.shared.key.lock().unwrap() = key.clone();
    }

    /// From now on the users bear a token that the service makes now.
    pub(crate) fn sign_in_again(&self) {
        let body = format!(r#"{{"email":"admin@example.test","password":"{PASSWORD}"}}"#);
        let from = self.shared.from();
        let headers = [("content-type", "application/json"), ("x-forwarded-for", &*from)];
        let mut connection = Connection::open(self.shared.addr).unwrap();
        let answer = connection.send("POST /auth/login", &headers, body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let granted: Value = serde_json::from_slice(&answer.body).unwrap();
        let token = granted["access_token"].as_str().unwrap();
        token.clone_into(&mut self.shared.token.lock().unwrap());
    }

    /// What the users bear now.
    pub(crate) fn token(&self) -> String {
        self.shared.token.lock().unwrap().clone()
    }

    /// Returns when each client has been served some more.
    pub(crate) fn runs_on(&self) {
        let served = || self.shared.served.each_ref().map(|count| count.load(Ordering::Relaxed));
        let (before, begun) = (served(), Instant::now());
        while served().iter().zip(before).any(|(now, before)| *now < before + 20) {
            let failed = self.shared.failed.lock().unwrap();
            assert!(failed.is_empty(), "{failed:?}");
            drop(failed);
            assert!(begun.elapsed() < Duration::from_secs(60), "the clients stand still");
            thread::park_timeout(Duration::from_millis(2));
        }
    }

    /// Returns when a request has failed.
    pub(crate) fn fails(&self) {
        let begun = Instant::now();
        while self.shared.failed.lock().unwrap().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing fails");
            thread::park_timeout(Duration::from_millis(2));
        }
    }

    /// Ends it; gives how many requests were served, and what became of those that were not.
    pub(crate) fn stop(self) -> (u64, Vec<String>) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().unwrap();
        }
        let served = self.shared.served.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        (served, std::mem::take(&mut *self.shared.failed.lock().unwrap()))
    }
}

impl Shared {
    fn send_on(&self, nth: usize) {
        let mut connection = Connection::open(self.addr).unwrap();
        while !self.is_over.load(Ordering::Relaxed) {
            let from = self.address.fetch_add(1, Ordering::Relaxed);
            let answer = if nth.is_multiple_of(2) {
                let key = self.key.lock().unwrap().clone();
                webhook(&mut connection, &key, from)
            } else {
                let token = self.token.lock().unwrap().clone();
                bearer(&mut connection, &token, from)
            };
            match answer {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    self.served[nth].fetch_add(1, Ordering::Relaxed);
                }
                Ok(answer) => self.fail(format!("{} {}", answer.status, answer.text())),
                Err(error) => self.fail(error.to_string()),
            }
        }
    }

    fn fail(&self, why: String) {
        self.failed.lock().unwrap().push(why);
        // Once is too often.
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn from(&self) -> String {
        address(self.address.fetch_add(1, Ordering::Relaxed))
    }
}

/// A call report of its own each time.
pub(crate) fn webhook(connection: &mut Connection, key: &Secret, from: u32) -> io::Result<Answer> {
    let body = format!(
        r#"{{"message":{{"type":"end-of-call-report","call":{{"id":"call-{from}"}},"transcript":"made up"}}}}"#
    );
    let signed = Scheme::vapi().sign(key, &Message::new(body.as_bytes(), Duration::ZERO)).unwrap();
    let signature = signed["x-vapi-signature"].to_str().unwrap();
    let from = address(from);
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", &*from),
        ("x-vapi-signature", signature),
    ];
    connection.send("POST /webhooks/vapi", &headers, body.as_bytes())
}

pub(crate) fn bearer(connection: &mut Connection, token: &str, from: u32) -> io::Result<Answer> {
    let (from, token) = (address(from), format!("Bearer {token}"));
    let headers = [("authorization", &*token), ("x-forwarded-for", &*from)];
    connection.send("GET /api/messages", &headers, b"")
}

/// An address of 10.0.0.0/8, another for each number.
fn address(number: u32) -> String {
    let [_, b, c, d] = number.to_be_bytes();
    format!("10.{b}.{c}.{d}")
}
