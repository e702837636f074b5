//! Methods and URLs that are signed as they are called.

use rempart_signature::{Part, Scheme};

use super::{Mutation, draft, wire};
use crate::draft::{Draft, Wire};

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    draft("signed as another method",                  |draft, _, _| { draft.method = "PUT"; signs(&draft.scheme, &Part::Method) }),
    draft("signed with marks that are not escaped",    |draft, _, _| marks(draft, "&to=%2B1%20:/?@!$'()*,;")),
    draft("signed with marks that are escaped",        |draft, _, _| marks(draft, "&to=%2B1%20%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B")),

    wire("it is called by another method",             |wire, scheme, _| method(wire, scheme, "PUT")),
    wire("it is called by a method in lower case",     |wire, scheme, _| method(wire, scheme, "post")),
    wire("it is called as http",                       |wire, scheme, _| { wire.url = wire.url.replace("https:", "http:"); signs(scheme, &Part::Url) }),
];

fn signs(scheme: &Scheme, part: &Part) -> bool {
    scheme.template().parts().contains(part)
}

/// It is called with every mark escaped.
fn marks(draft: &mut Draft, query: &str) -> bool {
    draft.called.push_str("&to=%2B1%20%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B");
    draft.url.push_str(query);
    draft.scheme.name() == "hubspot"
}

fn method(wire: &mut Wire, scheme: &Scheme, method: &'static str) -> bool {
    wire.method = method;
    signs(scheme, &Part::Method)
}
