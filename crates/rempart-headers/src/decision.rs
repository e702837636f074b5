use std::mem;

use http::header::{self, Entry};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::Policy;
use crate::policy::HeaderSet;

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// In the clear, or nobody knows how.
    Clear,
    /// Over https.
    Secure,
}

/// What a response is to carry.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is sent until it is applied"]
pub struct Decision<'a>(Kind<'a>);

#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    /// What the policy says to a response without a nonce.
    Fixed(&'a HeaderSet),
    /// The same, but for what would replace the nonce of a stored response.
    NotModified(&'a HeaderSet),
    /// What the policy says to a response with this nonce.
    Nonced(&'a HeaderSet, &'a str),
    /// Nothing: it is no response to a request for a representation.
    Untouched,
}

/// Decides by how the request came, what the response is, and whether anybody read its nonce.
///
/// A 1xx is left alone. A 304 says nothing about scripts if the policy has a nonce: the browser
/// shows the page that it has stored, with the nonce of that time ([RFC 9111 §4.3.4]).
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use rempart_headers::{Channel, Policy, decide};
///
/// let policy = Policy::api("api").build()?;
/// let mut headers = HeaderMap::new();
/// decide(&policy, Channel::Secure, StatusCode::NOT_FOUND, None).apply(&mut headers);
/// assert_eq!(headers["x-content-type-options"], "nosniff");
/// assert_eq!(headers["strict-transport-security"], "max-age=63072000; includeSubDomains");
/// # Ok::<(), rempart_headers::ConfigErrors>(())
/// ```
///
/// [RFC 9111 §4.3.4]: https://www.rfc-editor.org/rfc/rfc9111#section-4.3.4
pub fn decide<'a>(
    policy: &'a Policy,
    channel: Channel,
    status: StatusCode,
    nonce: Option<&'a str>,
) -> Decision<'a> {
    let set = policy.set(channel);
    Decision(match nonce {
        _ if status.is_informational() => Kind::Untouched,
        _ if status == StatusCode::NOT_MODIFIED && set.uses_nonce() => Kind::NotModified(set),
        Some(nonce) if set.uses_nonce() => Kind::Nonced(set, nonce),
        _ => Kind::Fixed(set),
    })
}

impl Decision<'_> {
    /// Makes the headers of a response, as its handler set them, those that are sent.
    ///
    /// At most three allocations for up to twice as many headers as the policy has, and two more
    /// with a nonce.
    pub fn apply(self, headers: &mut HeaderMap) {
        let (set, mut ours) = match self.0 {
            Kind::Untouched => return,
            Kind::Fixed(set) => (set, set.fixed().clone()),
            Kind::NotModified(set) => {
                let mut ours = set.fixed().clone();
                for (name, _) in set.nonced() {
                    ours.remove(name);
                }
                (set, ours)
            }
            Kind::Nonced(set, nonce) => {
                let mut ours = set.fixed().clone();
                for (name, template) in set.nonced() {
                    if let Some(value) = template.fill(nonce) {
                        let _ = ours.try_insert(name, value);
                    }
                }
                // Whoever gets the page from a shared cache would get everybody's nonce.
                let no_store = HeaderValue::from_static("no-store");
                let _ = ours.try_insert(header::CACHE_CONTROL, no_store);
                (set, ours)
            }
        };
        if headers.len() > ours.len() {
            insert_into(headers, &mut ours, set);
        } else {
            // The policy's map is already hashed: moving the fewer headers is the cheaper way.
            let theirs = mem::replace(headers, ours);
            move_over(headers, theirs, set);
        }
    }
}

/// Puts the policy's headers into the handler's.
fn insert_into(theirs: &mut HeaderMap, ours: &mut HeaderMap, set: &HeaderSet) {
    for name in set.removed() {
        theirs.remove(name);
    }
    for (name, value) in ours.drain() {
        // No value of the policy's has a second line, so every name is there. What `http` refuses
        // is a response of more than 24,000 headers, where `insert` would panic.
        let Some(name) = name else { continue };
        if set.enforces(&name) || !theirs.contains_key(&name) {
            let _ = theirs.try_insert(name, value);
        }
    }
}

/// Puts the handler's headers into the policy's, every line in its order.
fn move_over(ours: &mut HeaderMap, theirs: HeaderMap, set: &HeaderSet) {
    let mut last = None;
    for (name, value) in theirs {
        let Some(name) = name else {
            // Another line of the header before it.
            if let Some(entry) = &mut last {
                header::OccupiedEntry::append(entry, value);
            }
            continue;
        };
        last = None;
        if set.removed().contains(&name) {
            continue;
        }
        last = match ours.try_entry(name) {
            Ok(Entry::Occupied(entry)) if set.enforces(entry.key()) => None,
            Ok(Entry::Occupied(mut entry)) => {
                entry.insert(value);
                Some(entry)
            }
            Ok(Entry::Vacant(entry)) => entry.try_insert_entry(value).ok(),
            Err(_) => None,
        };
    }
}
