use rempart_core::Faults;

use super::{Part, Scheme, TimeUnit, Timestamp};
use crate::ConfigError;

impl Scheme {
    /// Adds the places where what is signed could be cut in two ways: then one signature covers two
    /// messages, and whoever has seen the one can send the other.
    ///
    /// A message id may hold nearly any character, and ends where a mark says so, or where something
    /// begins that can begin nowhere else. A time ends where its digits do, unless two lengths of
    /// it are times of this day: `1700000000` and `1700000000123` are, where seconds and
    /// milliseconds are both read.
    pub(super) fn check_boundaries(&self, faults: &mut Faults<ConfigError>) {
        let parts = self.template.parts();
        for (part, next) in parts.iter().zip(parts.iter().skip(1)) {
            let runs_on = match part {
                Part::Id => !matches!(next, Part::Literal(_) | Part::Timestamp | Part::Url),
                Part::Timestamp if self.has_two_lengths_of_time() => match next {
                    Part::Literal(text) => text.starts_with(|c: char| c.is_ascii_digit()),
                    next => *next != Part::Url,
                },
                _ => false,
            };
            if runs_on {
                faults.push(ConfigError::NoMarkBetween { part: part.clone(), next: next.clone() });
            }
        }
    }

    fn has_two_lengths_of_time(&self) -> bool {
        self.timestamp.as_ref().map(Timestamp::counts) == Some(TimeUnit::Auto)
    }
}
