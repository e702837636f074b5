//! As much of the language of Prometheus as it takes to know what a query asks for.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

use super::rules::TARGET;

/// What a query asks for.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) selectors: Vec<Selector>,
    /// The labels of `by (…)`.
    pub(super) grouped_by: BTreeSet<String>,
}

/// `metric{label="value", …}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) metric: String,
    pub(super) matchers: Vec<Matcher>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Matcher {
    pub(super) label: String,
    /// `!=` and `!~`.
    pub(super) negated: bool,
    /// `=~` and `!~`.
    regex: bool,
    pub(super) value: String,
}

impl Query {
    /// Fails at a word that is neither a metric of ours nor of the language: it may be either, in a
    /// wrong spelling.
    pub(super) fn of(text: &str) -> Self {
        let mut query = Self::default();
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.peek().copied() {
            if char == '[' {
                // A range.
                chars.by_ref().find(|char| *char == ']').unwrap();
            } else if char.is_ascii_digit() {
                take(&mut chars, |char| char.is_ascii_alphanumeric() || char == '.');
            } else if is_word(char) {
                let word = take(&mut chars, is_word);
                take(&mut chars, char::is_whitespace);
                if word == "by" {
                    query.grouped_by.extend(labels(&mut chars));
                } else if word == "on" {
                    for label in labels(&mut chars) {
                        assert!(TARGET.contains(&label.as_str()), "`on ({label})` in {text}");
                    }
                } else if is_metric(&word) {
                    let matchers = matchers(&mut chars);
                    query.selectors.push(Selector { metric: word, matchers });
                } else {
                    assert!(WORDS.contains(&word.as_str()), "`{word}` in {text}");
                }
            } else {
                chars.next();
            }
        }
        assert!(!query.selectors.is_empty(), "{text} asks for nothing");
        query
    }
}

impl Selector {
    /// A series as a scraper reads it.
    pub(super) fn of_series(text: &str) -> Self {
        let mut chars = text.chars().peekable();
        Self { metric: take(&mut chars, is_word), matchers: matchers(&mut chars) }
    }

    /// Whether Prometheus makes it by itself.
    pub(super) fn is_of_the_scraper(&self) -> bool {
        SCRAPERS.contains(&self.metric.as_str())
    }

    /// The selector without regular expressions, once for each alternative of each.
    pub(super) fn alternatives(&self) -> Vec<Self> {
        let mut all = vec![Self { metric: self.metric.clone(), matchers: Vec::new() }];
        for matcher in &self.matchers {
            let values: Vec<_> = if matcher.regex {
                matcher.value.split('|').collect()
            } else {
                vec![matcher.value.as_str()]
            };
            let mut chosen = Vec::new();
            for (before, value) in all.iter().flat_map(|all| values.iter().map(move |v| (all, v))) {
                let mut after = before.clone();
                let value = (*value).to_owned();
                after.matchers.push(Matcher { regex: false, value, ..matcher.clone() });
                chosen.push(after);
            }
            all = chosen;
        }
        all
    }
}

type Text<'a, 'b> = &'a mut Peekable<Chars<'b>>;

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_' || char == ':'
}

fn is_metric(word: &str) -> bool {
    word.starts_with("rempart_") || word.contains(':') || SCRAPERS.contains(&word)
}

fn take(chars: Text<'_, '_>, wanted: impl Fn(char) -> bool) -> String {
    std::iter::from_fn(|| chars.next_if(|char| wanted(*char))).collect()
}

/// `(a, b)`.
fn labels(chars: Text<'_, '_>) -> Vec<String> {
    let list: String = chars.by_ref().skip(1).take_while(|char| *char != ')').collect();
    list.split(',').map(|label| label.trim().to_owned()).collect()
}

/// `{a="b", c=~"d|e"}`, or nothing.
fn matchers(chars: Text<'_, '_>) -> Vec<Matcher> {
    let mut matchers = Vec::new();
    if chars.next_if_eq(&'{').is_none() {
        return matchers;
    }
    loop {
        take(chars, |char| char.is_whitespace() || char == ',');
        if chars.next_if_eq(&'}').is_some() {
            return matchers;
        }
        let label = take(chars, is_word);
        let operator = take(chars, |char| matches!(char, '=' | '!' | '~'));
        assert_eq!(chars.next(), Some('"'), "{label}");
        let value = take(chars, |char| char != '"');
        assert_eq!(chars.next(), Some('"'), "{label}");
        matchers.push(Matcher {
            label,
            negated: operator.starts_with('!'),
            regex: operator.ends_with('~'),
            value,
        });
    }
}

/// What Prometheus makes by itself.
const SCRAPERS: [&str; 2] = ["ALERTS", "up"];

/// The language, as far as it is used.
#[rustfmt::skip]
const WORDS: [&str; 10] = [
    "absent", "and", "histogram_quantile", "increase", "max", "or", "rate", "sort_desc", "sum",
    "unless",
];

#[test]
fn reads_what_a_query_asks_for() {
    let query = Query::of(
        r#"sum by (job, policy) (rate(rempart_a_total{b="c", d!~"e|f"}[5m])) / 2 > g:h:i{job="j"} unless on (job) up{job="j"}"#,
    );
    let asked: Vec<_> = query.selectors.iter().map(|selector| selector.metric.as_str()).collect();
    assert_eq!(asked, ["rempart_a_total", "g:h:i", "up"]);
    assert_eq!(query.grouped_by, ["job", "policy"].map(str::to_owned).into());
    let alternatives = query.selectors[0].alternatives();
    let values = alternatives.iter().map(|chosen| {
        chosen.matchers.iter().map(|matcher| (matcher.negated, matcher.value.as_str())).collect()
    });
    let values: Vec<Vec<_>> = values.collect();
    assert_eq!(values, [[(false, "c"), (true, "e")], [(false, "c"), (true, "f")]]);
}

#[test]
#[should_panic(expected = "`increse`")]
fn minds_a_wrong_spelling() {
    Query::of("increse(rempart_a_total[5m])");
}
