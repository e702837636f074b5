use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use http::header::HOST;
use http::{HeaderMap, Uri};

use crate::lines::Lines;
use crate::origin::{MAX_LEN, Origin, Words};

/// The hosts at which the service is reached, each as a `Host` header may write it.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    written: HashSet<Box<[u8]>, BuildHasherDefault<Words>>,
}

impl Hosts {
    /// Adds the host of an own origin, with its port; the scheme's default may be written or not.
    pub(super) fn insert_origin(&mut self, origin: &Origin) {
        self.insert(origin, &[origin.port()]);
    }

    /// Adds a host that stands for itself under either scheme.
    pub(super) fn insert_host(&mut self, origin: &Origin) {
        self.insert(origin, &[80, 443]);
    }

    /// Whether all that says whom a request is for names a host of ours, and something does.
    ///
    /// HTTP/2 says it in the URI, HTTP/1.1 in `Host`, and a request to a proxy in both; a browser
    /// whose DNS was rebound to this machine says the name that it asked for.
    pub(super) fn know(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let authority = uri.authority().map(|authority| authority.as_str().as_bytes());
        match (authority, Lines::of(headers, &HOST)) {
            (None, Lines::None) | (_, Lines::Many(_)) => false,
            (Some(authority), Lines::None) => self.knows(authority),
            (None, Lines::One(host)) => self.knows(host.as_bytes()),
            (Some(authority), Lines::One(host)) => {
                self.knows(authority) && self.knows(host.as_bytes())
            }
        }
    }

    fn knows(&self, host: &[u8]) -> bool {
        // Host names have no case (RFC 9110 §4.2.3), and browsers write lower case.
        host.len() <= MAX_LEN
            && (self.written.contains(host)
                || host.iter().any(u8::is_ascii_uppercase)
                    && self.written.contains(&*host.to_ascii_lowercase()))
    }

    fn insert(&mut self, origin: &Origin, defaults: &[u16]) {
        let written = origin.authority();
        if origin.has_default_port() {
            let with_ports = defaults.iter().map(|port| format!("{written}:{port}"));
            self.written.extend(with_ports.map(|text| text.into_bytes().into()));
        }
        self.written.insert(written.as_bytes().into());
    }
}
