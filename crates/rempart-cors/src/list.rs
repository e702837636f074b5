/// What a builder was given for one field: everything, or texts that `build` checks.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) any: bool,
    pub(crate) texts: Vec<String>,
}

impl List {
    pub(crate) const fn new() -> Self {
        Self { any: false, texts: Vec::new() }
    }

    pub(crate) fn extend<T: AsRef<str>>(&mut self, more: impl IntoIterator<Item = T>) {
        self.texts.extend(more.into_iter().map(|text| text.as_ref().to_owned()));
    }
}
