/// What events of one place have written in this second, and what of them is still to be told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cap {
    /// The second that is counted.
    second: u64,
    events: u32,
    /// Events since the last line that told of them.
    untold: u64,
    /// Whether the second before brought too many.
    flooded: bool,
    /// Whether the line of this second was written.
    told: bool,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It has a line of its own.
    Pass,
    /// It has a line that stands for so many others, too.
    Tell(u64),
    /// It has none.
    Suppress,
}

impl Cap {
    /// Counts an event of this second, of which `most` have a line each.
    pub(super) fn next(&mut self, second: u64, most: u32) -> Line {
        // A clock read before another thread's may be a second behind: it counts as that one's.
        if second > self.second {
            let follows = second.saturating_sub(self.second) == 1;
            *self = Self {
                second,
                flooded: follows && self.events > most,
                untold: self.untold,
                ..Self::default()
            };
        }
        self.events = self.events.saturating_add(1);
        if !self.flooded && self.events <= most {
            // What an earlier flood left untold is told by the first line after it.
            return match self.take_untold() {
                0 => Line::Pass,
                untold => Line::Tell(untold),
            };
        }
        if self.flooded && !self.told {
            self.told = true;
            return Line::Tell(self.take_untold());
        }
        self.untold = self.untold.saturating_add(1);
        Line::Suppress
    }

    /// What no line has told of, which one is about to.
    pub(super) const fn take_untold(&mut self) -> u64 {
        std::mem::replace(&mut self.untold, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_up_to_the_cap_then_a_line_a_second() {
        #[rustfmt::skip]
        let rows: [(u64, u32, &[Line]); 12] = [
            // second, events, lines
            (0,  3, &[Line::Pass, Line::Pass, Line::Pass]),
            (1,  5, &[Line::Pass, Line::Pass, Line::Pass]),
            // The second before brought too many: one line, which tells of what it left out.
            (2,  9, &[Line::Tell(2)]),
            (3,  9, &[Line::Tell(8)]),
            (4,  3, &[Line::Tell(8)]),
            // Three were no flood: back to lines, the first of which tells of the rest.
            (5,  3, &[Line::Tell(2), Line::Pass, Line::Pass]),
            (6,  4, &[Line::Pass, Line::Pass, Line::Pass]),
            // Nothing for a second, and a flood is over, too.
            (8,  4, &[Line::Tell(1), Line::Pass, Line::Pass]),
            (9,  0, &[]),
            (10, 1, &[Line::Tell(1)]),
            (11, 4, &[Line::Pass, Line::Pass, Line::Pass]),
            // A second that is over counts as this one.
            (10, 2, &[]),
        ];
        let mut cap = Cap::default();
        for (second, events, expected) in rows {
            let lines = (0..events).map(|_| cap.next(second, 3));
            let lines: Vec<_> = lines.filter(|line| *line != Line::Suppress).collect();
            assert_eq!(lines, expected, "second {second}");
        }
        assert_eq!((cap.take_untold(), cap.take_untold()), (3, 0));
    }
}
