//! What happens to a request between a sender and us; each way has a name.

pub(crate) mod body;
mod date;
mod header;
mod member;
mod named;
mod second;
mod signature;
mod time;
mod twilio;
mod url;

use http::HeaderValue;
use rempart_signature::Scheme;

use crate::chance::Chance;
use crate::draft::{Draft, Signed, Wire};
use crate::rows::{Content, Row};

/// One way, and where it strikes. Each says whether it applies to such a request.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    pub(crate) step: Step,
}

pub(crate) enum Step {
    /// Before it is signed: the key's owner signs something odd, or sends it at an odd time.
    Draft(fn(&mut Draft, &Row, &mut Chance) -> bool),
    /// After it is signed, in the parts of its headers.
    Signed(fn(&mut Signed, &mut Chance) -> bool),
    /// On its way.
    Wire(fn(&mut Wire, &Scheme, &mut Chance) -> bool),
}

const fn draft(name: &'static str, step: fn(&mut Draft, &Row, &mut Chance) -> bool) -> Mutation {
    Mutation { name, step: Step::Draft(step) }
}

const fn signed(name: &'static str, step: fn(&mut Signed, &mut Chance) -> bool) -> Mutation {
    Mutation { name, step: Step::Signed(step) }
}

const fn wire(name: &'static str, step: fn(&mut Wire, &Scheme, &mut Chance) -> bool) -> Mutation {
    Mutation { name, step: Step::Wire(step) }
}

pub(crate) const UNCHANGED: &str = "nothing is changed";

/// The nth request to a scheme, and what happened to it: nothing, to each fourth.
pub(crate) fn request(
    row: &Row,
    scheme: &Scheme,
    nth: usize,
    chance: &mut Chance,
) -> (&'static str, Wire) {
    let every = [time::ALL, body::ALL, signature::ALL, header::ALL, twilio::ALL].concat_refs();
    let some = [date::ALL, member::ALL, named::ALL, second::ALL, url::ALL].concat_refs();
    // What few schemes have is not to be lost among what all of them have.
    let all = [&every[..], &some, &some].concat();
    loop {
        let mutation = (!nth.is_multiple_of(4)).then(|| all[chance.below(all.len())]);
        if let Some(wire) = attempt(row, scheme, mutation, chance) {
            return (mutation.map_or(UNCHANGED, |mutation| mutation.name), wire);
        }
    }
}

fn attempt(
    row: &Row,
    scheme: &Scheme,
    mutation: Option<&Mutation>,
    chance: &mut Chance,
) -> Option<Wire> {
    let step = mutation.map(|mutation| &mutation.step);
    let mut draft = match row.content {
        Content::Event | Content::Json => body::sent(row, scheme, chance),
        Content::Signed => twilio::sent(scheme, chance),
    };
    if let Some(Step::Draft(change)) = step
        && !change(&mut draft, row, chance)
    {
        return None;
    }
    let mut signed = draft.signed();
    if let Some(Step::Signed(change)) = step
        && !change(&mut signed, chance)
    {
        return None;
    }
    let mut wire = signed.wire();
    if let Some(Step::Wire(change)) = step
        && !change(&mut wire, scheme, chance)
    {
        return None;
    }
    arrives(&wire).then_some(wire)
}

/// What no server lets through, or has trimmed before anybody sees it, is not asked about.
pub(crate) fn arrives(wire: &Wire) -> bool {
    wire.headers.iter().all(|(_, value)| {
        HeaderValue::from_bytes(value).is_ok() && value.trim_ascii().len() == value.len()
    })
}

trait ConcatRefs {
    fn concat_refs(&self) -> Vec<&'static Mutation>;
}

impl<const N: usize> ConcatRefs for [&'static [Mutation]; N] {
    fn concat_refs(&self) -> Vec<&'static Mutation> {
        self.iter().flat_map(|part| part.iter()).collect()
    }
}
