//! Requests that no scheme describes: tokens, items that are signed one by one, and messages whose
//! key stands in a certificate.

mod items;
mod sns;
mod tokens;

use rempart_signature::{Rejection, Scheme};

use crate::chance::Chance;
use crate::draft::Wire;
use crate::mutation::{self, Step, UNCHANGED};

/// A sender whose vendor publishes a verifier, and whose requests no [`Scheme`] describes.
pub(crate) struct Other {
    pub(crate) name: &'static str,
    /// As those of a [`Row`](crate::rows::Row).
    pub(crate) libraries: &'static [&'static str],
    pub(crate) request: fn(usize, &mut Chance) -> (&'static str, Wire),
    pub(crate) verdict: fn(&Wire) -> Result<(), Rejection>,
}

#[rustfmt::skip]
pub(crate) const OTHERS: &[Other] = &[
    Other { name: "adyen",   libraries: &["node/adyen"],   request: items::request,   verdict: items::verdict },
    Other { name: "livekit", libraries: &["node/livekit"], request: tokens::livekit,  verdict: tokens::of_livekit },
    Other { name: "sns",     libraries: &["node/sns"],     request: sns::request,     verdict: sns::verdict },
    Other { name: "vonage",  libraries: &["node/vonage"],  request: tokens::vonage,   verdict: tokens::of_vonage },
];

/// One way, and when it happens: each says whether it applies to such a request.
enum Way<D> {
    /// Before it is signed.
    Draft(&'static str, fn(&mut D, &mut Chance) -> bool),
    /// On its way.
    Wire(&'static str, fn(&mut Wire, &mut Chance) -> bool),
}

/// The nth request of such a sender, and what happened to it: nothing, to each fourth. Its own ways
/// count twice, beside what can happen to any body.
fn request<D>(
    nth: usize,
    chance: &mut Chance,
    ways: &[Way<D>],
    draft: impl Fn(&mut Chance) -> D,
    wire: impl Fn(&D) -> Wire,
) -> (&'static str, Wire) {
    let bodies: Vec<_> = mutation::body::ALL.iter().filter(|way| on_its_way(way)).collect();
    loop {
        let picked = chance.below(2 * ways.len() + bodies.len());
        let own = ways.get(picked / 2).filter(|_| !nth.is_multiple_of(4));
        let mut draft = draft(chance);
        if let Some(Way::Draft(_, alter)) = own
            && !alter(&mut draft, chance)
        {
            continue;
        }
        let mut wire = wire(&draft);
        let (name, applied) = match own {
            Some(Way::Draft(name, _)) => (*name, true),
            Some(Way::Wire(name, alter)) => (*name, alter(&mut wire, chance)),
            None if nth.is_multiple_of(4) => (UNCHANGED, true),
            None => {
                let way = bodies[picked - 2 * ways.len()];
                let Step::Wire(alter) = &way.step else { continue };
                // What is asked of the scheme is asked about headers, and these are bodies.
                (way.name, alter(&mut wire, &Scheme::github(), chance))
            }
        };
        if applied && mutation::arrives(&wire) {
            return (name, wire);
        }
    }
}

fn on_its_way(way: &mutation::Mutation) -> bool {
    matches!(way.step, Step::Wire(_))
}
