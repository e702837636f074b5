//! Times and spans as people read them.

use std::time::{Duration, UNIX_EPOCH};

/// The time since 1970.
pub(crate) fn now() -> Duration {
    UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// A span in its largest unit: `113d`, `5h`, `12m`, `4s`.
pub(crate) fn coarse(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_span_in_its_largest_unit() {
        for (seconds, span) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3600, "1h"),
            (86_399, "23h"),
            (86_400, "1d"),
            (1_800_000_000, "20833d"),
            (u64::MAX, "213503982334601d"),
        ] {
            assert_eq!(coarse(Duration::from_secs(seconds)), span);
        }
    }
}
