use std::borrow::Cow;

use crate::{Rejection, Scheme};

/// The parameters of a form as Twilio signs them: decoded, sorted, repeated pairs once.
pub(crate) struct SortedForm<'a>(Vec<Parameter<'a>>);

/// A name and a value, decoded.
type Parameter<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

impl<'a> SortedForm<'a> {
    /// Parses [`application/x-www-form-urlencoded`], to bytes: what is no UTF-8 stays what it is.
    ///
    /// [`application/x-www-form-urlencoded`]: https://url.spec.whatwg.org/#urlencoded-parsing
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Rejection> {
        let mut parameters = Vec::new();
        for (name, value) in self::parameters(body) {
            if parameters.len() == Scheme::MAX_PARAMETERS {
                return Err(Rejection::TooLarge);
            }
            parameters.push((decode(name), decode(value)));
        }
        parameters.sort_unstable();
        parameters.dedup();
        Ok(Self(parameters))
    }

    /// Whether nothing is signed of it: `=` is a parameter, and has no byte.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|(name, value)| name.is_empty() && value.is_empty())
    }

    /// Gives `each` name and value, in the order in which they are signed.
    pub(crate) fn feed(&self, mut each: impl FnMut(&[u8])) {
        for (name, value) in &self.0 {
            each(name);
            each(value);
        }
    }
}

/// The parameters of a form or a query as they are written, in the order in which they stand there.
pub(crate) fn parameters(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let place = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(place).unwrap_or((pair, &[]));
        (name, value.get(1..).unwrap_or_default())
    })
}

/// Decodes `+` and `%XX`. A `%` without two digits stands for itself, as everywhere on the web.
pub(crate) fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (byte, escaped(after)) {
            (b'+', _) => decoded.push(b' '),
            (b'%', Some((value, after))) => {
                decoded.push(value);
                rest = after;
            }
            (byte, _) => decoded.push(*byte),
        }
    }
    Cow::Owned(decoded)
}

/// The byte that two hexadecimal digits stand for, and what follows them.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, after) = text.split_first_chunk::<2>()?;
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    Some((u8::try_from(high?.checked_mul(16)?.checked_add(low?)?).ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(body: &str) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let form = SortedForm::parse(body.as_bytes()).unwrap();
        form.0.iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn parses_as_the_web_does() {
        #[rustfmt::skip]
        let rows: &[(&str, &[(&str, &str)])] = &[
            ("",                        &[]),
            ("&&",                      &[]),
            ("b=2&a=1",                 &[("a", "1"), ("b", "2")]),
            ("B=1&a=2",                 &[("B", "1"), ("a", "2")]),
            ("a=2&a=1&a=2",             &[("a", "1"), ("a", "2")]),
            ("a",                       &[("a", "")]),
            ("=1",                      &[("", "1")]),
            ("a=b=c",                   &[("a", "b=c")]),
            ("To=%2B1514&Body=a+b%20c", &[("Body", "a b c"), ("To", "+1514")]),
            ("a=%C3%A9%c3%a9",          &[("a", "éé")]),
            ("a=%&b=%4&c=%zz&d=%4g",    &[("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "%4g")]),
            ("a=%+4",                   &[("a", "% 4")]),
        ];
        for (body, want) in rows {
            let got = sorted(body);
            let got: Vec<_> = got.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(got, *want, "{body}");
        }
    }

    #[test]
    fn is_bounded() {
        let body = |parameters: usize| "a=1&".repeat(parameters);
        assert!(SortedForm::parse(body(Scheme::MAX_PARAMETERS).as_bytes()).is_ok());
        let over = body(Scheme::MAX_PARAMETERS + 1);
        assert_eq!(SortedForm::parse(over.as_bytes()).err(), Some(Rejection::TooLarge));
    }
}
