use rempart_core::Faults;

use super::{Part, Scheme, TimeUnit, Timestamp};
use crate::ConfigError;

impl Scheme {
    /// Adds the places where what is signed could be cut in two ways: then one signature covers two
    /// messages, and whoever has seen the one can send the other.
    ///
    /// A body may hold anything: what stands before it is told from the front, part by part, and what
    /// stands after it from the end. An id or a method may hold nearly anything too, and ends at a mark
    /// that it cannot hold. A time has one length, unless seconds and milliseconds are both read:
    /// `1700000000` and `1700000000123` are times of one day. Where a URL ends is never told.
    pub(super) fn check_boundaries(&self, faults: &mut Faults<ConfigError>) {
        let before = self.template.around_content().0.len();
        let parts = self.template.parts();
        for (nth, (part, next)) in parts.iter().zip(parts.iter().skip(1)).enumerate() {
            let told =
                if nth < before { self.ends(part, next) } else { self.is_marked(next, part) };
            if !told {
                faults.push(ConfigError::NoMarkBetween { part: part.clone(), next: next.clone() });
            }
        }
    }

    /// Whether it can be told where a part ends, if it is known where it begins.
    fn ends(&self, part: &Part, next: &Part) -> bool {
        match (part, next) {
            // A date has a colon at its fourteenth byte, and such an id has none.
            (Part::Id, Part::Timestamp) => self.time_unit() == Some(TimeUnit::Rfc3339),
            // `https:` begins where the first colon says so, and ends no digits.
            (Part::Method | Part::Timestamp, Part::Url) => true,
            _ => self.is_marked(part, next),
        }
    }

    /// Whether what stands beside a part tells where it ends on that side.
    fn is_marked(&self, part: &Part, beside: &Part) -> bool {
        let marked = |may_hold: fn(char) -> bool| match beside {
            Part::Literal(text) => text.contains(|character| !may_hold(character)),
            _ => false,
        };
        match part {
            Part::Id => matches!(beside, Part::Literal(_)),
            Part::Method => marked(is_of_methods),
            Part::Timestamp if self.time_unit() == Some(TimeUnit::Auto) => {
                marked(|character| character.is_ascii_digit())
            }
            _ => true,
        }
    }

    fn time_unit(&self) -> Option<TimeUnit> {
        self.timestamp.as_ref().map(Timestamp::counts)
    }
}

/// Whether a method may hold it ([RFC 9110 §5.6.2]).
///
/// [RFC 9110 §5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
fn is_of_methods(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}
