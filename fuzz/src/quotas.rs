//! Quotas as text.

use rempart::rate_limit::{Gcra, Quota, Verdict};

/// What is read is written so that it reads the same, and what can be counted admits its burst
/// at once and not one more.
pub(crate) fn quota(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let quota = match text.parse::<Quota>() {
        Ok(quota) => quota,
        Err(error) => {
            let _ = error.to_string();
            return;
        }
    };
    assert_eq!(quota.to_string().parse(), Ok(quota), "{text:?}");
    let Ok(gcra) = Gcra::new(quota) else { return };
    let Verdict::Allowed { debt } = gcra.decide(0, 0, gcra.burst()) else {
        panic!("an idle client is refused its burst: {text:?}");
    };
    assert!(matches!(gcra.decide(debt, 0, 1), Verdict::Denied { .. }), "{text:?}");
    if let Some(more) = gcra.burst().checked_add(1) {
        assert_eq!(gcra.decide(0, 0, more), Verdict::NeverPossible);
    }
}
