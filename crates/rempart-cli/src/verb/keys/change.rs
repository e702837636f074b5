//! The verbs that change a ring, and how the service is told.

use std::io::Read;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Method};
use rempart::keys::{KeyState, Timestamp};
use serde_json::json;

use super::show::Shown;
use super::{Done, Store, Told, key_id, line, source};
use crate::args::{AddArgs, DestroyArgs, PromoteArgs, ReloadArgs, RevokeArgs};
use crate::client::{self, Target};
use crate::failure::{Failure, say};
use crate::secrets;
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
    reload.after(text)
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
            text.push_str(&format!("{name} {}: verifies until {until}\n", key.id));
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
    reload.after(text)
}

/// Takes a key away, or says why not.
pub(super) fn revoke(store: &Store, args: &RevokeArgs, as_json: bool) -> Done {
    let ring = store.ring(&args.ring)?;
    let reload = Reload::new(&args.reload)?;
    let name = ring.name;
    let Some(id) = &args.id else {
        ring.write(|directory| directory.revoke_all(now()))?;
        return reload.after(if as_json {
            line(&json!({ "ring": name.as_str(), "state": "revoked" }))
        } else {
            format!("{name}: every key is revoked\n")
        });
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
    reload.after(state(&ring.name.to_string(), id.as_str(), "revoked", as_json))
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

/// Whom to tell of a change.
struct Reload(Option<(Target, HeaderMap)>);

impl Reload {
    /// Checked before anything is changed.
    fn new(args: &ReloadArgs) -> Result<Self, Failure> {
        let Some(url) = &args.reload else { return Ok(Self(None)) };
        let target = Target::new("--reload", url)?;
        let mut headers = HeaderMap::new();
        if let Some(name) = &args.reload_token_env {
            let option = "--reload-token-env";
            let token = secrets::from_environment(option, name)?;
            let value = [b"Bearer ", token.expose()].concat();
            let value = HeaderValue::from_bytes(&value);
            let unfit = |_| Failure::Usage(format!("{option}: the variable's value is no token"));
            let mut value = value.map_err(unfit)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(Self(Some((target, headers))))
    }

    /// Tells, once what the verb did is on disk: it is done, whatever becomes of the call.
    fn after(self, text: String) -> Done {
        let Some((target, headers)) = self.0 else { return Told::good(text) };
        let after = match client::send(&target, Method::POST, headers, Vec::new(), PATIENCE) {
            Ok(status) if status.is_success() => Ok(Verdict::Good),
            Ok(status) => Err(format!("was answered {}", status.as_u16())),
            Err(error) => Err(error.to_string()),
        };
        let untold =
            |why| Failure::Usage(format!("--reload: the keys are written, the call {why}"));
        Ok(Told { text, after: after.map_err(untold) })
    }
}

/// What HMAC-SHA-256 can make use of.
const MIN_KEY: usize = 32;

/// How long a service may take to read its keys.
const PATIENCE: Duration = Duration::from_secs(10);
