use std::array;

use super::escape::{Buffer, Escape};
use super::forms::{self, Text};
use super::needles::Needles;

/// Finds secrets, in whatever form they stand in a response.
pub(super) struct Search {
    /// The forms of the secrets.
    forms: Needles,
    /// The same in lower case, as names of headers are.
    names: Needles,
}

/// Escapes within escapes are undone so often: JSON in JSON, a query in JSON.
const DEEPEST: usize = 2;

impl Search {
    /// Looks for these secrets; what is found is their place in the list.
    pub(super) fn new<'a>(secrets: impl Iterator<Item = &'a [u8]>) -> Self {
        let (mut all, mut names) = (Vec::new(), Vec::new());
        for (whose, secret) in secrets.enumerate() {
            let of_one = |forms: Vec<Text>| forms.into_iter().map(move |form| (form, whose));
            let forms = forms::forms(secret);
            names.extend(of_one(forms::lower_case(&forms)));
            all.extend(of_one(forms));
        }
        Self { forms: Needles::new(all), names: Needles::new(names) }
    }

    /// Which secret stands in `text`.
    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        let mut windows: [Buffer; DEEPEST] = array::from_fn(|_| Buffer::new(Vec::new()));
        self.find_unescaped(text, &mut windows)
    }

    /// Which secret stands in the name of a header.
    pub(super) fn find_in_name(&self, name: &str) -> Option<usize> {
        self.names.find(name.as_bytes())
    }

    /// As it stands, then with the escapes undone that there are, once for each buffer.
    fn find_unescaped(&self, text: &[u8], windows: &mut [Buffer]) -> Option<usize> {
        if let found @ Some(_) = self.forms.find(text) {
            return found;
        }
        let (window, deeper) = windows.split_first_mut()?;
        // What is escaped once more is so much longer.
        let reach = deeper
            .iter()
            .fold(self.forms.longest(), |reach, _| reach.saturating_mul(Escape::WIDEST));
        Escape::ALL.into_iter().find_map(|escape| {
            escape.windows(text, reach, window, |unescaped| self.find_unescaped(unescaped, deeper))
        })
    }
}
