//! What is done once a second beside serving.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;

/// Writes down which keys were used, and takes over what the command has written to the database;
/// until it is dropped.
pub(crate) async fn keep(app: App) {
    let mut turns = interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let keys = app.keys.clone();
        // What panics there is told by the hook.
        if let Ok(faults) = spawn_blocking(move || keys.write_uses()).await {
            for (ring, kind) in faults {
                let ring = ring.as_str();
                tracing::warn!(ring, %kind, "the use of keys cannot be written beside them");
            }
        }
        app.revocations.follow(app.clock.unix()).await;
    }
}

/// How late a revocation by the command is at most; the use of a key is told as often.
const TURN: Duration = Duration::from_secs(1);
