//! Patterns as machines that read each byte once, and count what they read.

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::{self, pikevm, pikevm::PikeVM};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind, PatternID, Span as Range};

/// The most memory that one pattern may compile to.
const NFA_BYTES: usize = 1 << 20;
/// The most memory that one machine keeps of what it worked out, for each thread that scans.
const CACHE_BYTES: usize = 1 << 16;

/// How much reading is left. Searches of one text share it, which is what bounds a text that was
/// made to wake many searches and to satisfy none.
#[derive(Debug)]
pub(super) struct Steps(usize);

/// No reading is left.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Steps {
    /// Allows reading each byte of a text so many times on average.
    pub(super) const fn for_text(length: usize) -> Self {
        const PER_BYTE: usize = 32;
        const AT_LEAST: usize = 1 << 14;
        Self(length.saturating_mul(PER_BYTE).saturating_add(AT_LEAST))
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(steps).ok_or(Exhausted)?;
        Ok(())
    }

    pub(super) const fn left(&self) -> usize {
        self.0
    }
}

/// One pattern, or several that are read side by side; searches begin at a given byte.
#[derive(Debug)]
pub(super) struct Machine {
    dfa: DFA,
    vm: PikeVM,
    captures: bool,
}

/// What a machine worked out so far; one for each thread that scans.
#[derive(Debug)]
pub(super) struct Cache {
    dfa: dfa::Cache,
    vm: Option<pikevm::Cache>,
}

/// Why a pattern is none.
#[derive(Debug)]
pub(super) enum Fault {
    /// The pattern is not written as one, or compiles to too much.
    Pattern(String),
    /// The pattern can match nothing at all.
    Empty,
}

impl Machine {
    /// The match that a pattern prefers, as regular expressions do.
    pub(super) fn first(pattern: &str) -> Result<Self, Fault> {
        Self::build(&[pattern], MatchKind::LeftmostFirst)
    }

    /// Every match of every pattern.
    pub(super) fn all(patterns: &[&str]) -> Result<Self, Fault> {
        Self::build(patterns, MatchKind::All)
    }

    fn build(patterns: &[&str], kind: MatchKind) -> Result<Self, Fault> {
        let nfa = thompson::Compiler::new()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .configure(thompson::Config::new().utf8(false).nfa_size_limit(Some(NFA_BYTES)))
            .build_many(patterns)
            .map_err(|error| Fault::Pattern(cause(&error)))?;
        if nfa.has_empty() {
            return Err(Fault::Empty);
        }
        let captures = nfa.group_info().explicit_slot_len() > 0;
        let config = DFA::config()
            .match_kind(kind)
            .cache_capacity(CACHE_BYTES)
            // A pattern that needs more gets the least it can run with, and never gives up.
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(None);
        let dfa = DFA::builder()
            .configure(config)
            .build_from_nfa(nfa.clone())
            .map_err(|error| Fault::Pattern(cause(&error)))?;
        let vm = PikeVM::new_from_nfa(nfa).map_err(|error| Fault::Pattern(cause(&error)))?;
        Ok(Self { dfa, vm, captures })
    }

    pub(super) fn new_cache(&self) -> Cache {
        Cache { dfa: self.dfa.create_cache(), vm: None }
    }

    /// Which bytes a match can begin with, whatever stands before it.
    pub(super) fn first_bytes(&self) -> [bool; 256] {
        let mut cache = self.dfa.create_cache();
        let mut first = [false; 256];
        for (byte, slot) in (0..=u8::MAX).zip(&mut first) {
            let text = [byte];
            let input = Input::new(&text).anchored(Anchored::Yes);
            let next = self
                .dfa
                .start_state_forward(&mut cache, &input)
                .ok()
                .and_then(|start| self.dfa.next_state(&mut cache, start, byte).ok());
            // What cannot be worked out is tried.
            *slot = next.is_none_or(|state| !state.is_dead());
        }
        first
    }

    /// Where the match that begins at `start` ends.
    pub(super) fn end_from(
        &self,
        cache: &mut Cache,
        text: &[u8],
        start: usize,
        steps: &mut Steps,
    ) -> Result<Option<usize>, Exhausted> {
        let mut end = None;
        self.walk(cache, text, start, steps, |_, _, at| end = Some(at))?;
        Ok(end)
    }

    /// Reports each pattern that matches from `start`, with the end of the match.
    pub(super) fn ends_from(
        &self,
        cache: &mut Cache,
        text: &[u8],
        start: usize,
        steps: &mut Steps,
        mut found: impl FnMut(usize, usize),
    ) -> Result<(), Exhausted> {
        self.walk(cache, text, start, steps, |cache, state, at| {
            for nth in 0..self.dfa.match_len(cache, state) {
                found(self.dfa.match_pattern(cache, state, nth).as_usize(), at);
            }
        })
    }

    /// What the first group of the match `start..end` captured; the whole match if none did.
    pub(super) fn value(
        &self,
        cache: &mut Cache,
        text: &[u8],
        (start, end): (usize, usize),
        steps: &mut Steps,
    ) -> Result<(usize, usize), Exhausted> {
        if !self.captures {
            return Ok((start, end));
        }
        steps.spend(end.saturating_sub(start))?;
        let vm = cache.vm.get_or_insert_with(|| self.vm.create_cache());
        let range = Range { start, end };
        let input = Input::new(text).span(range).anchored(Anchored::Pattern(PatternID::ZERO));
        let mut slots = [None::<NonMaxUsize>; 4];
        self.vm.search_slots(vm, &input, &mut slots);
        let [_, _, from, to] = slots.map(|slot| slot.map(NonMaxUsize::get));
        Ok(from.zip(to).unwrap_or((start, end)))
    }

    fn walk(
        &self,
        cache: &mut Cache,
        text: &[u8],
        start: usize,
        steps: &mut Steps,
        mut matched: impl FnMut(&dfa::Cache, LazyStateID, usize),
    ) -> Result<(), Exhausted> {
        let cache = &mut cache.dfa;
        let range = Range { start, end: text.len() };
        let input = Input::new(text).span(range).anchored(Anchored::Yes);
        let mut state = self.dfa.start_state_forward(cache, &input).map_err(|_| Exhausted)?;
        let mut at = start;
        let rest = text.get(start..).unwrap_or_default();
        // A match is seen one byte after its end.
        for byte in rest.iter().take(steps.left()) {
            state = self.dfa.next_state(cache, state, *byte).map_err(|_| Exhausted)?;
            if state.is_tagged() {
                if state.is_match() {
                    matched(cache, state, at);
                } else if state.is_dead() {
                    return steps.spend(at.saturating_sub(start).saturating_add(1));
                } else if state.is_quit() {
                    return Err(Exhausted);
                }
            }
            at = at.saturating_add(1);
        }
        steps.spend(at.saturating_sub(start).saturating_add(1))?;
        state = self.dfa.next_eoi_state(cache, state).map_err(|_| Exhausted)?;
        if state.is_match() {
            matched(cache, state, at);
        }
        Ok(())
    }
}

/// The innermost cause: it names the fault, where the outer ones name the stage.
fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
