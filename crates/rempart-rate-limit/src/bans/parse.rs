//! The grammar of a rule, read left to right in one pass.

use super::error::{BanRuleError, BanRuleFault, BanRulePart};
use super::rule::{BanRule, BanRuleBuilder};
use crate::words::{Misread, Words, Wrong};

/// What the words say, and where each part of it starts.
pub(super) struct Read {
    pub(super) builder: BanRuleBuilder,
    pub(super) denials: usize,
    pub(super) window: usize,
    pub(super) first: usize,
    pub(super) cap: Option<usize>,
}

pub(super) fn rule(text: &str) -> Result<Read, BanRuleError> {
    if text.len() > MAX_TEXT {
        return Err(BanRuleError::new(Some(MAX_TEXT), BanRuleFault::TextTooLong));
    }
    let mut words = Words::new(text);
    expect(&mut words, &["after"])?;
    let denials = words.next();
    let builder = BanRule::after(words.number().map_err(of(BanRulePart::Denials))?);
    words.one_of(&["denials", "denial"]);
    expect(&mut words, &["in", "within"])?;
    let window = words.next();
    let builder = builder.within(words.period().map_err(of(BanRulePart::Window))?);
    expect(&mut words, &["for"])?;
    let first = words.next();
    let builder = builder.ban_for(words.period().map_err(of(BanRulePart::First))?);
    if words.is_empty() {
        return Ok(Read { builder, denials, window, first, cap: None });
    }
    if words.one_of(&["up"]).is_none() {
        return Err(BanRuleError::new(Some(words.next()), BanRuleFault::Trailing));
    }
    expect(&mut words, &["to"])?;
    let cap = words.next();
    let builder = builder.up_to(words.period().map_err(of(BanRulePart::Cap))?);
    if words.is_empty() {
        Ok(Read { builder, denials, window, first, cap: Some(cap) })
    } else {
        Err(BanRuleError::new(Some(words.next()), BanRuleFault::Trailing))
    }
}

/// Goes past one of these words; the first one is the one that is missed.
fn expect(words: &mut Words<'_>, known: &[&'static str]) -> Result<(), BanRuleError> {
    let missing = BanRuleFault::Missing(known.first().copied().unwrap_or_default());
    let found = words.one_of(known).map(|_| ());
    found.ok_or_else(|| BanRuleError::new(Some(words.next()), missing))
}

fn of(part: BanRulePart) -> impl Fn(Misread) -> BanRuleError {
    move |Misread { at, what }| {
        let fault = match what {
            Wrong::AmbiguousUnit => BanRuleFault::AmbiguousUnit,
            Wrong::NoNumber => BanRuleFault::NoNumber,
            Wrong::NoUnit => BanRuleFault::NoUnit,
            Wrong::NumberTooLarge => BanRuleFault::NumberTooLarge,
            Wrong::Zero => BanRuleFault::Zero(part),
        };
        BanRuleError::new(Some(at), fault)
    }
}

/// Far above the longest sensible rule.
const MAX_TEXT: usize = 256;
