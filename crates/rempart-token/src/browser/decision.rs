use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, HeaderName, Uri};

use super::credential::{judge, judge_query};
use super::{Policy, Rejection};

/// Decides on a request by its headers and the query of its target.
///
/// # Errors
///
/// Why it is turned away: it comes from a browser, and bears what no browser should have.
pub fn decide<'p>(policy: &'p Policy, uri: &Uri, headers: &HeaderMap) -> Result<(), Rejection<'p>> {
    if !is_of_a_browser(headers) {
        return Ok(());
    }
    for name in [AUTHORIZATION, APIKEY] {
        let mut values = headers.get_all(name).iter();
        for value in values.by_ref().take(MAX_LINES) {
            judge(policy, value.as_bytes())?;
        }
        // Nobody sends so many, and somebody may read the last.
        if values.next().is_some() {
            return Err(Rejection::ServiceRole);
        }
    }
    uri.query().map_or(Ok(()), |query| judge_query(policy, query))
}

/// Only a browser says where a request comes from, and a script cannot leave it out: `Origin`
/// ([Fetch §3.2]) and `Sec-Fetch-*` ([Fetch Metadata]).
///
/// [Fetch §3.2]: https://fetch.spec.whatwg.org/#origin-header
/// [Fetch Metadata]: https://www.w3.org/TR/fetch-metadata/
fn is_of_a_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN)
        || headers.keys().any(|name| name.as_str().starts_with("sec-fetch-"))
}

const APIKEY: HeaderName = HeaderName::from_static("apikey");

/// So many lines of each header are looked at.
const MAX_LINES: usize = 8;
