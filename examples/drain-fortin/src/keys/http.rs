use axum::extract::State;
use axum::response::Response;
use rempart_keys::{DirectoryEntry, KeyState, LiveRing, RingEntry, Timestamp};
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::Keys;
use crate::app::App;
use crate::fault::Fault;
use crate::lists::private;

/// `GET /keys` of the administration: the keys that are in force, and nothing of their bytes.
pub(crate) async fn list(State(app): State<App>) -> Result<Response, Fault> {
    let keys = app.keys.clone();
    let rings = spawn_blocking(move || rings(&keys)).await.map_err(|_| Fault::Internal)?;
    Ok(private(Listed { rings }))
}

/// `POST /keys/reload` of the administration: when it answers, what was revoked is refused.
pub(crate) async fn reload(State(app): State<App>) -> Response {
    private(app.reload().await)
}

#[derive(Serialize)]
struct Listed {
    rings: Vec<Ring>,
}

#[derive(Serialize)]
struct Ring {
    ring: &'static str,
    keys: Vec<Key>,
}

/// Times are as in RFC 3339, in UTC.
#[derive(Serialize)]
struct Key {
    id: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// When a retiring key ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// When it last verified something.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<String>,
    /// How often it did.
    uses: u64,
}

fn rings(keys: &Keys) -> Vec<Ring> {
    // What was used within the last second is told, too. Whether it can be is told elsewhere.
    let _ = keys.write_uses();
    let rings = keys.0.rings.iter();
    rings.map(|(purpose, ring)| Ring { ring: purpose.ring(), keys: of_ring(ring) }).collect()
}

fn of_ring(ring: &LiveRing) -> Vec<Key> {
    // Where the folder cannot be read, nothing is known of the uses.
    let on_disk = ring.directory().entries().unwrap_or_default();
    let used = |entry: &RingEntry| on_disk.iter().find(|other| other.id == entry.id);
    let keys: Vec<RingEntry> = ring.load().entries().collect();
    keys.iter().map(|entry| Key::new(entry, used(entry))).collect()
}

impl Key {
    fn new(entry: &RingEntry, on_disk: Option<&DirectoryEntry>) -> Self {
        let text = |moment| Timestamp::at(moment).to_string();
        let (state, until) = match entry.state {
            KeyState::Active => ("active", None),
            KeyState::Destroyed => ("destroyed", None),
            KeyState::Pending => ("pending", None),
            KeyState::Retiring { until } => ("retiring", Some(text(until))),
            KeyState::Revoked => ("revoked", None),
        };
        let used = on_disk.and_then(|entry| entry.used);
        Self {
            id: entry.id.to_string(),
            state,
            created: entry.created.map(text),
            until,
            last_used: used.map(|used| text(used.last)),
            uses: used.map_or(0, |used| used.count),
        }
    }
}
