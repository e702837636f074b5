use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

/// A server that answers so many requests, each with its status, and keeps what it was asked.
pub(super) struct Server {
    addr: SocketAddr,
    served: JoinHandle<Vec<Asked>>,
}

/// What a server was asked.
#[derive(Debug)]
pub(super) struct Asked {
    /// The request line.
    pub(super) line: String,
    /// The header lines.
    pub(super) headers: Vec<String>,
    pub(super) body: Vec<u8>,
}

impl Asked {
    /// A header's value.
    pub(super) fn header(&self, name: &str) -> &str {
        let lines = self.headers.iter().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(own, _)| own.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value).unwrap_or_default()
    }
}

impl Server {
    pub(super) fn answering(statuses: &[u16]) -> Self {
        Self::start(statuses.iter().map(|status| (*status, String::new())).collect())
    }

    /// Answers 200, each time with one of these bodies.
    pub(super) fn saying(bodies: &[&str]) -> Self {
        Self::start(bodies.iter().map(|body| (200, (*body).to_owned())).collect())
    }

    fn start(answers: Vec<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let serve = move || {
            let answer = |(status, body): (u16, String)| {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, status, &body)
            };
            answers.into_iter().map(answer).collect()
        };
        Self { addr, served: std::thread::spawn(serve) }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Waits until all has been answered.
    pub(super) fn asked(self) -> Vec<Asked> {
        self.served.join().unwrap()
    }
}

fn serve(mut stream: TcpStream, status: u16, said: &str) -> Asked {
    let mut read = Vec::new();
    let end = loop {
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).unwrap();
        assert_ne!(length, 0, "hung up");
        read.extend_from_slice(&chunk[..length]);
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n").map(str::to_owned);
    let mut asked =
        Asked { line: lines.next().unwrap(), headers: lines.collect(), body: Vec::new() };
    let length = asked.header("content-length").parse().unwrap_or(0);
    let mut body = read[end + 4..].to_vec();
    while body.len() < length {
        let mut chunk = [0; 4096];
        let more = stream.read(&mut chunk).unwrap();
        body.extend_from_slice(&chunk[..more]);
    }
    asked.body = body;
    let length =
        if status == 204 { String::new() } else { format!("content-length: {}\r\n", said.len()) };
    let answer = format!("HTTP/1.1 {status} Made-Up\r\n{length}\r\n{said}");
    stream.write_all(answer.as_bytes()).unwrap();
    asked
}
