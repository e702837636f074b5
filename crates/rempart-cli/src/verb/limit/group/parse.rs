//! The grammar of groups, read left to right in one pass.

use std::ops::Range;

use super::{Group, GroupError, GroupFault, Rate, Shape, Unit, Who};

/// Reads `1000x0.5/s [SHAPE]`.
pub(in crate::verb::limit) fn honest(text: &str) -> Result<Group, GroupError> {
    let mut words = Words::new(text)?;
    let who = Who::Honest(words.clients()?);
    words.group(who)
}

/// Reads `greedy:RATE [SHAPE]`, and so on.
pub(in crate::verb::limit) fn hostile(text: &str) -> Result<Group, GroupError> {
    let mut words = Words::new(text)?;
    let kind = words.one_of(&["flood", "greedy", "rotate"]);
    let prefix = match kind {
        Some("rotate") if words.sign("/") => Some(words.prefix()?),
        _ => None,
    };
    match kind {
        None => return Err(words.fault(GroupFault::NoKind)),
        Some(_) if !words.sign(":") => return Err(words.fault(GroupFault::NoColon)),
        Some(_) => {}
    }
    let who = match (kind, prefix) {
        (Some("flood"), _) => Who::Flood(words.clients()?),
        (Some("greedy"), _) => Who::Greedy,
        (_, Some(bits)) => Who::Prefix(bits),
        (_, None) => Who::Rotate,
    };
    words.group(who)
}

/// Reads `FROM..TO`, in seconds.
pub(in crate::verb::limit) fn span(text: &str) -> Result<Range<u64>, GroupError> {
    let mut words = Words::new(text)?;
    let from = words.whole()?;
    if !words.sign("..") {
        return Err(words.fault(GroupFault::NoDots));
    }
    words.rest();
    let at = words.at;
    let to = words.whole()?;
    if to <= from {
        return Err(GroupError { at, fault: GroupFault::Backwards });
    }
    if words.rest().is_empty() { Ok(from..to) } else { Err(words.fault(GroupFault::Trailing)) }
}

struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Result<Self, GroupError> {
        if text.len() > MAX_TEXT {
            return Err(GroupError { at: MAX_TEXT, fault: GroupFault::TooLong });
        }
        Ok(Self { text, at: 0 })
    }

    /// What is left, without the blanks before it.
    fn rest(&mut self) -> &'a str {
        let left = self.text.get(self.at..).unwrap_or_default();
        let rest = left.trim_start_matches([' ', '\t']);
        self.at = self.text.len().saturating_sub(rest.len());
        rest
    }

    fn take(&mut self, length: usize) {
        self.at = self.at.saturating_add(length);
    }

    fn fault(&mut self, fault: GroupFault) -> GroupError {
        self.rest();
        GroupError { at: self.at, fault }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is_here = self.rest().starts_with(sign);
        self.take(if is_here { sign.len() } else { 0 });
        is_here
    }

    /// The word here, if it is one of these.
    fn one_of(&mut self, known: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let word = rest.get(..length).unwrap_or_default();
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(word))?;
        self.take(length);
        Some(found)
    }

    /// The digits here, of which `_` may part some from the others, and how long all that is.
    fn digits(&mut self) -> (String, usize) {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
        let digits = rest.get(..length).unwrap_or_default();
        (digits.replace('_', ""), length)
    }

    fn whole(&mut self) -> Result<u64, GroupError> {
        let (digits, length) = self.digits();
        if digits.is_empty() {
            return Err(self.fault(GroupFault::NoNumber));
        }
        let number = digits.parse().ok().filter(|number| *number <= MAX_NUMBER);
        let number = number.ok_or_else(|| self.fault(GroupFault::TooLarge))?;
        self.take(length);
        Ok(number)
    }

    /// A number above zero.
    fn count(&mut self) -> Result<u32, GroupError> {
        self.rest();
        let at = self.at;
        let fault = |fault| GroupError { at, fault };
        match u32::try_from(self.whole()?) {
            Ok(0) => Err(fault(GroupFault::Zero)),
            Ok(count) => Ok(count),
            Err(_) => Err(fault(GroupFault::TooLarge)),
        }
    }

    fn clients(&mut self) -> Result<u32, GroupError> {
        let clients = self.count()?;
        if self.sign("x") { Ok(clients) } else { Err(self.fault(GroupFault::NoTimes)) }
    }

    fn prefix(&mut self) -> Result<u32, GroupError> {
        self.rest();
        let at = self.at;
        let bits = u32::try_from(self.whole()?).ok().filter(|bits| (44..=64).contains(bits));
        bits.ok_or(GroupError { at, fault: GroupFault::Prefix })
    }

    fn group(mut self, who: Who) -> Result<Group, GroupError> {
        let rate = self.rate()?;
        let shape = match self.one_of(&["burst", "poisson", "steady"]) {
            Some("burst") => Shape::Burst(self.count()?),
            Some("steady") => Shape::Steady,
            _ => Shape::Poisson,
        };
        let group = Group { who, rate, shape };
        if self.rest().is_empty() { Ok(group) } else { Err(self.fault(GroupFault::Trailing)) }
    }

    fn rate(&mut self) -> Result<Rate, GroupError> {
        self.rest();
        let start = self.at;
        let whole = self.whole()?.saturating_mul(1_000_000);
        let part = if self.sign(".") { self.decimals()? } else { 0 };
        let millionths = whole.saturating_add(part);
        if millionths == 0 {
            return Err(GroupError { at: start, fault: GroupFault::Zero });
        }
        if !self.sign("/") {
            return Err(self.fault(GroupFault::NoUnit));
        }
        if self.one_of(&["m"]).is_some() {
            let at = self.at.saturating_sub(1);
            return Err(GroupError { at, fault: GroupFault::AmbiguousUnit });
        }
        let unit = UNITS.into_iter().find(|Unit(name, _)| self.one_of(&[name]).is_some());
        let unit = unit.ok_or_else(|| self.fault(GroupFault::Unit))?;
        Ok(Rate { millionths, unit })
    }

    /// What stands after the point, in millionths.
    fn decimals(&mut self) -> Result<u64, GroupError> {
        let (digits, length) = self.digits();
        if digits.is_empty() {
            return Err(self.fault(GroupFault::NoNumber));
        }
        if digits.len() > 6 {
            return Err(self.fault(GroupFault::TooFine));
        }
        self.take(length);
        // At most six digits.
        Ok(format!("{digits:0<6}").parse().unwrap_or_default())
    }
}

/// Far above the longest sensible group; keeps the work and the positions small.
const MAX_TEXT: usize = 64;

/// Far above what is simulated.
const MAX_NUMBER: u64 = 1_000_000_000_000;

const UNITS: [Unit; 4] = [
    Unit("s", 1_000_000_000),
    Unit("min", 60_000_000_000),
    Unit("h", 3_600_000_000_000),
    Unit("d", 86_400_000_000_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "1000x0.5/s",
            "1x1/d",
            "7x0.000001/min burst 3",
            "4294967295x999999999999.999999/h steady",
        ] {
            assert_eq!(honest(text).unwrap().to_string(), text);
        }
        for text in [
            "greedy:200/s",
            "flood:5000x10/s",
            "rotate:50000/s steady",
            "rotate/48:1/h burst 100",
            "rotate/64:1/s",
        ] {
            assert_eq!(hostile(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn reads_blanks_either_case_and_long_numbers() {
        for (text, want) in [
            (" 1_000_000 x 0.50 / S  Poisson ", "1000000x0.5/s"),
            ("2x3.0/Min\tBURST 4", "2x3/min burst 4"),
            ("002x03/h", "2x3/h"),
        ] {
            assert_eq!(honest(text).unwrap().to_string(), want);
        }
        assert_eq!(hostile("Rotate / 56 : 1/d").unwrap().to_string(), "rotate/56:1/d");
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        use GroupFault::*;

        let long = "1".repeat(65);
        for (text, at, fault) in [
            ("", 0, NoNumber),
            ("x1/s", 0, NoNumber),
            ("-1x1/s", 0, NoNumber),
            ("_x1/s", 0, NoNumber),
            ("0x1/s", 0, Zero),
            (" 4294967296x1/s", 1, TooLarge),
            ("9999999999999999999999x1/s", 0, TooLarge),
            ("5", 1, NoTimes),
            ("5 * 1/s", 2, NoTimes),
            ("5x", 2, NoNumber),
            ("5x0/s", 2, Zero),
            ("5x0.000000/s", 2, Zero),
            ("5x.5/s", 2, NoNumber),
            ("5x1./s", 4, NoNumber),
            ("5x0.0000001/s", 4, TooFine),
            ("5x1", 3, NoUnit),
            ("5x1 per s", 4, NoUnit),
            ("5x1/", 4, Unit),
            ("5x1/ms", 4, Unit),
            ("5x1/second", 4, Unit),
            ("5x1/m", 4, AmbiguousUnit),
            ("5x1/s burst", 11, NoNumber),
            ("5x1/s burst 0", 12, Zero),
            ("5x1/s often", 6, Trailing),
            ("5x1/s steady poisson", 13, Trailing),
            ("5x1/s é", 6, Trailing),
            (&long, 64, TooLong),
        ] {
            assert_eq!(honest(text), Err(GroupError { at, fault }), "{text}");
        }
        for (text, at, fault) in [
            ("", 0, NoKind),
            ("1000x1/s", 0, NoKind),
            ("rotates:1/s", 0, NoKind),
            ("rotate", 6, NoColon),
            ("rotate 1/s", 7, NoColon),
            ("rotate/:1/s", 7, NoNumber),
            ("rotate/43:1/s", 7, Prefix),
            ("rotate/65:1/s", 7, Prefix),
            ("greedy/48:1/s", 6, NoColon),
            ("flood:1/s", 7, NoTimes),
            ("greedy:5x1/s", 8, NoUnit),
            (&long, 64, TooLong),
        ] {
            assert_eq!(hostile(text), Err(GroupError { at, fault }), "{text}");
        }
    }

    #[test]
    fn reads_spans_of_seconds() {
        assert_eq!(span(" 20 .. 30 "), Ok(20..30));
        for (text, at, fault) in [
            ("20", 2, GroupFault::NoDots),
            ("20.30", 2, GroupFault::NoDots),
            ("..30", 0, GroupFault::NoNumber),
            ("20..", 4, GroupFault::NoNumber),
            ("20..20", 4, GroupFault::Backwards),
            ("30..20", 4, GroupFault::Backwards),
            ("20..30s", 6, GroupFault::Trailing),
        ] {
            assert_eq!(span(text), Err(GroupError { at, fault }), "{text}");
        }
    }
}
