use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::{Answer, PATIENCE, parse};

/// A connection that stays open from one request to the next.
#[derive(Debug)]
pub struct Connection {
    addr: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// What the socket says.
    pub fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { addr, stream: BufReader::new(stream) })
    }

    /// Sends one request with these headers (and `Host` and `Content-Length`) and reads its answer.
    ///
    /// # Errors
    ///
    /// What the socket says, or an answer that is no HTTP.
    pub fn send(
        &mut self,
        method_and_target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut request = format!("{method_and_target} HTTP/1.1\r\nHost: {}\r\n", self.addr);
        for (name, value) in headers {
            request.extend([*name, ": ", *value, "\r\n"]);
        }
        let length = body.len().to_string();
        request.extend(["Content-Length: ", &length, "\r\n\r\n"]);
        self.stream.get_mut().write_all(&[request.as_bytes(), body].concat())?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Answer> {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut answer)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        if head.contains("\r\ntransfer-encoding: chunked\r\n") {
            while !answer.ends_with(b"\r\n0\r\n\r\n") {
                if self.stream.read_until(b'\n', &mut answer)? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        } else {
            let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
            let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            let body = self.stream.by_ref().take(length).read_to_end(&mut answer)?;
            if u64::try_from(body).ok() != Some(length) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        parse(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
