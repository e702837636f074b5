//! Quotas as text, and what else of limits is text.

use rempart::rate_limit::{BanRule, Gcra, PrefixSet, Quota, Quotas, Verdict};

/// What is read is written so that it reads the same, and what can be counted admits its burst
/// at once and not one more. The same text as several quotas, as a rule of bans, and as a list of
/// prefixes: faults are places in the text, and one quota alone is a list of one.
pub(crate) fn quota(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    several(text);
    ban_rule(text);
    let _ = PrefixSet::builder().deny(text).build().map_err(|faults| faults.to_string());
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

fn several(text: &str) {
    match text.parse::<Quotas>() {
        Ok(quotas) => {
            assert_eq!(quotas.to_string().parse(), Ok(quotas.clone()), "{text:?}");
            assert_eq!(Quotas::new(quotas.iter().copied()), Ok(quotas), "{text:?}");
        }
        Err(faults) => {
            for fault in &faults {
                assert!(fault.position().is_some_and(|at| at <= text.len()), "{fault}: {text:?}");
                assert!((1..=Quotas::MAX + 1).contains(&fault.nth()), "{fault}: {text:?}");
            }
            assert!(text.contains(';') || text.parse::<Quota>().is_err(), "{text:?}");
        }
    }
}

fn ban_rule(text: &str) {
    match text.parse::<BanRule>() {
        Ok(rule) => assert_eq!(rule.to_string().parse(), Ok(rule), "{text:?}"),
        Err(faults) => {
            let inside = |at: Option<usize>| at.is_some_and(|at| at <= text.len());
            assert!(faults.iter().all(|fault| inside(fault.position())), "{faults}: {text:?}");
        }
    }
}
