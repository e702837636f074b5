/// What a builder was given for one field: everything, or texts that `build` checks.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) any: bool,
    /// Whether everything was said by a star among the texts, which then is no entry of its own.
    star: bool,
    pub(crate) texts: Vec<String>,
}

impl List {
    pub(crate) const fn new() -> Self {
        Self { any: false, star: false, texts: Vec::new() }
    }

    /// Takes a list in which `*` may stand for everything.
    pub(crate) fn with_star(texts: Vec<String>) -> Self {
        let star = texts.iter().any(|text| text == "*");
        Self { any: star, star, texts }
    }

    pub(crate) fn extend<T: AsRef<str>>(&mut self, more: impl IntoIterator<Item = T>) {
        self.texts.extend(more.into_iter().map(|text| text.as_ref().to_owned()));
    }

    /// The texts that are entries, with their places.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, &String)> {
        self.texts.iter().enumerate().filter(|(_, text)| !(self.star && *text == "*"))
    }
}

impl From<Vec<String>> for List {
    fn from(texts: Vec<String>) -> Self {
        Self { texts, ..Self::new() }
    }
}
