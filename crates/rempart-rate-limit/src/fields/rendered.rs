use bytes::Bytes;
use http::HeaderValue;

use super::{NEXT, shared, whole_seconds};
use crate::limit::Checked as Limit;

/// What clients of a policy's only limit are told of it, rendered before the first of them comes:
/// a value for each number of requests that a served client has left and of seconds that it waits for
/// one more, where there are at most 1,024 of them. Where there are more, the one for a client that
/// has not come for a while, which most of them are.
#[derive(Clone, Debug)]
pub(super) struct Rendered {
    /// What the first of them says.
    remaining: u32,
    next: u64,
    /// How many of them say the same number of requests.
    row: u64,
    values: Box<[HeaderValue]>,
}

/// A value takes 40 bytes, and its text some 20.
const MOST: u64 = 1024;

impl Rendered {
    pub(super) fn of(limit: &Limit) -> Option<Self> {
        // Nobody who is served has more left, and nobody waits longer for one more.
        let standing = limit.rule.after_a_pause()?;
        let (remaining, next) = (standing.remaining(), whole_seconds(standing.next()));
        let row = next.saturating_add(1);
        let all = u64::from(remaining).saturating_add(1).saturating_mul(row);
        let name = limit.name;
        let text = |remaining: u32, next: u64| format!("\"{name}\";r={remaining}{NEXT}{next}");
        if all > MOST {
            let values = [shared(text(remaining, next))].into();
            return Some(Self { remaining, next, row: 1, values });
        }
        let texts = (0..=remaining).flat_map(|left| (0..=next).map(move |next| (left, next)));
        let texts: Vec<_> = texts.map(|(left, next)| text(left, next)).collect();
        Some(Self { remaining: 0, next: 0, row, values: together(&texts) })
    }

    pub(super) fn get(&self, remaining: u32, next: u64) -> Option<&HeaderValue> {
        let left = u64::from(remaining.checked_sub(self.remaining)?);
        let next = next.checked_sub(self.next).filter(|next| *next < self.row)?;
        let place = left.checked_mul(self.row)?.checked_add(next)?;
        self.values.get(usize::try_from(place).ok()?)
    }
}

/// Values whose texts stand one after the other, and count who holds them together.
fn together(texts: &[String]) -> Box<[HeaderValue]> {
    let mut rest = Bytes::from(texts.concat());
    let values = texts.iter().map(|text| rest.split_to(text.len()));
    // Names need no escape and numbers are numbers: none is refused.
    let value = |bytes| HeaderValue::from_maybe_shared(bytes);
    values.map(|bytes| value(bytes).unwrap_or(const { HeaderValue::from_static("") })).collect()
}

#[cfg(test)]
mod tests {
    use crate::{Limit, Policy};

    #[test]
    fn says_what_would_be_written_for_a_client_that_stands_so() {
        let (new, window) = (Limit::new, Limit::strict_window);
        // The limit, how many values there are, what the last of them says.
        let rows = [
            (new("api", "10 per minute"), 70, "\"api\";r=9;t=6"),
            (new("api", "100 per minute"), 200, "\"api\";r=99;t=1"),
            (new("api", "1 per second burst 512"), 1024, "\"api\";r=511;t=1"),
            (new("api", "1 per second burst 513"), 1, "\"api\";r=512;t=1"),
            (new("api", "100 per hour"), 1, "\"api\";r=99;t=36"),
            (new("api", "1 per day"), 1, "\"api\";r=0;t=86400"),
            (window("auth", "5 per minute"), 305, "\"auth\";r=4;t=60"),
            (window("auth", "128 per day"), 1, "\"auth\";r=127;t=86400"),
        ];
        for (limit, values, last) in rows {
            let policy = Policy::builder("p").limit(limit).build().unwrap();
            let fields = policy.fields();
            let rendered = fields.rendered.as_ref().unwrap();
            assert_eq!(rendered.values.len(), values);
            assert_eq!(rendered.values[values - 1], last);
            let mut found = 0;
            for remaining in 0..600 {
                for next in (0..70).chain([86_399, 86_400, 86_401, u64::MAX]) {
                    let written = super::super::limit(&fields.limits[0].prefix, remaining, next);
                    let Some(value) = rendered.get(remaining, next) else { continue };
                    assert_eq!(Some(value), written.as_ref());
                    found += 1;
                }
            }
            assert_eq!(found, values, "each of them is found, and once");
            assert_eq!(rendered.get(u32::MAX, u64::MAX), None);
        }
        let flights = Policy::builder("p").limit(Limit::concurrency("flights", 4)).build().unwrap();
        assert!(flights.fields().rendered.is_none());
    }
}
