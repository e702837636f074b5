use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;

use super::{Csp, Directive, Source, Value};

/// Which of its texts a policy is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Whether the response has a nonce.
    pub(crate) nonce: bool,
    /// Whether it goes over https.
    pub(crate) secure: bool,
}

impl Csp {
    /// The text in this form, cut where the nonce goes.
    pub(crate) fn template(&self, form: Form) -> Template {
        let mut pieces = Vec::new();
        let mut piece = String::new();
        let sent = self.values.iter().filter(|(directive, _)| {
            form.secure || **directive != Directive::UpgradeInsecureRequests
        });
        for (nth, (directive, value)) in sent.enumerate() {
            piece.push_str(if nth == 0 { "" } else { "; " });
            piece.push_str(directive.as_str());
            let sources = match value {
                Value::Sources(sources) if form.nonce => Cow::Borrowed(sources.as_slice()),
                Value::Sources(sources) => without_nonce(sources),
                Value::Words(words) => {
                    for word in words {
                        piece.push(' ');
                        piece.push_str(word);
                    }
                    continue;
                }
            };
            for source in sources.iter() {
                if *source == Source::Nonce {
                    piece.push_str(" 'nonce-");
                    pieces.push(std::mem::take(&mut piece).into());
                    piece.push('\'');
                } else {
                    piece.push(' ');
                    piece.push_str(&source.to_string());
                }
            }
        }
        pieces.push(piece.into());
        Template { pieces: pieces.into() }
    }
}

/// What a list says in a response without a nonce: no more than it said with one.
fn without_nonce(sources: &[Source]) -> Cow<'_, [Source]> {
    if !sources.contains(&Source::Nonce) {
        return Cow::Borrowed(sources);
    }
    let strict = sources.contains(&Source::StrictDynamic);
    // 'strict-dynamic' left alone blocks everything, and checkers call it a fault.
    let allows =
        |source: &Source| matches!(source, Source::Hash(_)) || (source.is_address() && !strict);
    if sources.iter().any(allows) {
        sources.iter().filter(|source| **source != Source::Nonce).cloned().collect()
    } else {
        Cow::Borrowed(&[Source::None])
    }
}

/// A rendered policy, cut where the nonce goes.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pieces: Box<[Box<str>]>,
}

impl Template {
    /// The text of a form without a nonce.
    pub(crate) fn text(&self) -> String {
        self.pieces.concat()
    }

    /// The value with `nonce` in its places; one allocation. `None` only if `nonce` holds a byte
    /// that no header may carry.
    pub(crate) fn fill(&self, nonce: &str) -> Option<HeaderValue> {
        let pieces = self.pieces.iter().map(|piece| piece.len()).fold(0, usize::saturating_add);
        let nonces = self.pieces.len().saturating_sub(1).saturating_mul(nonce.len());
        let mut text = Vec::with_capacity(pieces.saturating_add(nonces));
        for (nth, piece) in self.pieces.iter().enumerate() {
            text.extend_from_slice(if nth == 0 { "" } else { nonce }.as_bytes());
            text.extend_from_slice(piece.as_bytes());
        }
        HeaderValue::from_maybe_shared(Bytes::from(text)).ok()
    }
}
