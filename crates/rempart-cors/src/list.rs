/// What a builder was given for one field: everything, or texts that `build` checks.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) any: bool,
    /// The place of the star that said so, if it stands among the texts: it is no entry of its own.
    star: Option<usize>,
    pub(crate) texts: Vec<String>,
}

impl List {
    pub(crate) const fn new() -> Self {
        Self { any: false, star: None, texts: Vec::new() }
    }

    /// Takes a list in which `*` may stand for everything.
    pub(crate) fn with_star(texts: Vec<String>) -> Self {
        let star = texts.iter().position(|text| text == "*");
        Self { any: star.is_some(), star, texts }
    }

    pub(crate) fn extend<T: AsRef<str>>(&mut self, more: impl IntoIterator<Item = T>) {
        self.texts.extend(more.into_iter().map(|text| text.as_ref().to_owned()));
    }

    /// The texts that are entries, with their places.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, &String)> {
        self.texts.iter().enumerate().filter(|(place, _)| self.star != Some(*place))
    }
}

impl From<Vec<String>> for List {
    fn from(texts: Vec<String>) -> Self {
        Self { texts, ..Self::new() }
    }
}
