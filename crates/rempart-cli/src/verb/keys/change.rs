//! The verbs that change a ring.

use std::fmt::Write as _;
use std::io::Read;

use rempart::keys::{KeyState, Timestamp};
use serde_json::json;

use super::reload::Reload;
use super::show::Shown;
use super::{Done, Store, Told, key_id, line, source};
use crate::args::{AddArgs, DestroyArgs, PromoteArgs, RevokeArgs};
use crate::failure::say;
use crate::stamp::now;
use crate::verb::Verdict;

/// Adds a pending key.
pub(super) fn add(store: &Store, args: &AddArgs, input: impl Read, as_json: bool) -> Done {
    let ring = store.ring_to_be(&args.ring)?;
    let id = args.id.as_deref().map(key_id).transpose()?;
    let reload = Reload::new(&args.reload)?;
    let minimum = if args.dangerously_short { 1 } else { MIN_KEY };
    let secret = source::given(&args.source, minimum, input)?;
    let id = ring.add(id, secret.as_ref())?;
    let (name, path) = (ring.name, ring.key_file(id));
    let text = if as_json {
        let path = path.to_string_lossy();
        line(
            &json!({ "ring": name.as_str(), "key": id.as_str(), "state": "pending", "path": path }),
        )
    } else {
        format!("{name} {id}: pending, its bytes are in {}\n", path.display())
    };
    reload.after(ring.name, text)
}

/// Makes a pending key the active one.
pub(super) fn promote(store: &Store, args: &PromoteArgs, as_json: bool) -> Done {
    let ring = store.ring(&args.ring)?;
    let id = ring.known(&args.id)?;
    let reload = Reload::new(&args.reload)?;
    ring.write(|directory| directory.promote(id, now(), args.overlap))?;
    let (name, mut text) = (ring.name, format!("{} {id}: active\n", ring.name));
    let mut retiring = serde_json::Map::new();
    for key in ring.entries()? {
        if let KeyState::Retiring { until } = key.state {
            let until = Timestamp::at(until).to_string();
            // Writing to a text does not fail.
            let _ = writeln!(text, "{name} {}: verifies until {until}", key.id);
            retiring.insert(key.id.to_string(), until.into());
        }
    }
    if as_json {
        text = line(&json!({
            "ring": name.as_str(),
            "key": id.as_str(),
            "state": "active",
            "retiring_until": retiring,
        }));
    }
    reload.after(ring.name, text)
}

/// Takes a key away, or says why not.
pub(super) fn revoke(store: &Store, args: &RevokeArgs, as_json: bool) -> Done {
    let ring = store.ring(&args.ring)?;
    // A service revokes what it is told to, whatever else it cannot read.
    let reload = Reload::new(&args.reload)?.of_revocation();
    let name = ring.name;
    let Some(id) = &args.id else {
        ring.write(|directory| directory.revoke_all(now()))?;
        return reload.after(
            name,
            if as_json {
                line(&json!({ "ring": name.as_str(), "state": "revoked" }))
            } else {
                format!("{name}: every key is revoked\n")
            },
        );
    };
    // In an incident the ring may be what is broken: a revocation needs no more than a name.
    let id = if args.force { key_id(id)? } else { ring.known(id)? };
    if !args.force {
        let shown = Shown::read(&ring, args.idle.idle, now())?;
        if let Some(why) = shown.objection(id) {
            say(&format!("{name} {id}: {why} (--force revokes it all the same)"));
            return Ok(Told { text: String::new(), after: Ok(Verdict::Bad) });
        }
    }
    ring.write(|directory| directory.revoke(id, now()))?;
    reload.after(name, state(name.as_str(), id.as_str(), "revoked", as_json))
}

/// Removes the bytes of a revoked key.
pub(super) fn destroy(store: &Store, args: &DestroyArgs, as_json: bool) -> Done {
    let ring = store.ring(&args.ring)?;
    let id = ring.known(&args.id)?;
    ring.write(|directory| directory.destroy(id))?;
    Told::good(state(ring.name.as_str(), id.as_str(), "destroyed", as_json))
}

fn state(ring: &str, key: &str, state: &str, as_json: bool) -> String {
    if as_json {
        line(&json!({ "ring": ring, "key": key, "state": state }))
    } else {
        format!("{ring} {key}: {state}\n")
    }
}

/// What HMAC-SHA-256 can make use of.
const MIN_KEY: usize = 32;
