use std::sync::Arc;

use memchr::memchr;

use super::span::Span;
use crate::json::{self, Fault, Value};

/// What the texts mean that are written with escapes. Few issuers write any.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Unescaped(Option<Arc<[Plain]>>);

/// One of them, in the order in which they stand there.
#[derive(PartialEq, Eq)]
struct Plain {
    start: u16,
    text: Box<str>,
}

impl Unescaped {
    /// Looks for them among the claims, and in lists that are one.
    pub(super) fn of(json: &str) -> Result<Self, Fault> {
        if memchr(b'\\', json.as_bytes()).is_none() {
            return Ok(Self(None));
        }
        let mut found = Vec::new();
        json::object(json, |_, value| match value {
            Value::Array(list, at) => json::array(list, |element| {
                found.extend(Plain::of(element, at)?);
                Ok(())
            }),
            value => {
                found.extend(Plain::of(value, 0)?);
                Ok::<(), Fault>(())
            }
        })?;
        Ok(Self(Some(found.into())))
    }

    /// What the text means that stands there, if it is one of them.
    pub(super) fn at(&self, span: Span) -> Option<&str> {
        let texts = self.0.as_ref()?;
        let place = texts.binary_search_by_key(&span.start, |plain| plain.start).ok()?;
        texts.get(place).map(|plain| &*plain.text)
    }
}

impl Plain {
    fn of(value: Value<'_>, at: usize) -> Result<Option<Self>, Fault> {
        match value {
            Value::Text(text) if text.escaped => {
                let start = Span::of(&text)?.behind(at)?.start;
                Ok(Some(Self { start, text: text.plain().into() }))
            }
            _ => Ok(None),
        }
    }
}
