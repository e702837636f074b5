use std::error::Error;
use std::{fmt, slice, vec};

/// Holds every fault of a configuration, in the order of its fields; never empty.
///
/// Each crate names its own: `type ConfigErrors = rempart_core::ConfigErrors<ConfigError>`.
///
/// ```
/// use rempart_core::{ConfigErrors, Faults, NameError, PolicyName};
///
/// fn names(texts: &[&str]) -> Result<Vec<PolicyName>, ConfigErrors<NameError>> {
///     let mut faults = Faults::new();
///     let names = texts.iter().filter_map(|text| faults.take(PolicyName::new(text))).collect();
///     faults.finish()?;
///     Ok(names)
/// }
///
/// assert_eq!(names(&["", "api", "API"]).unwrap_err().len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors<E>(Vec<E>);

impl<E> ConfigErrors<E> {
    /// The faults, one by one.
    pub fn iter(&self) -> slice::Iter<'_, E> {
        self.0.iter()
    }

    /// How many faults there are; at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same faults as another crate's: what a configuration made of several parts reports.
    #[must_use]
    pub fn map<F>(self, name: impl FnMut(E) -> F) -> ConfigErrors<F> {
        ConfigErrors(self.0.into_iter().map(name).collect())
    }
}

impl<E> From<E> for ConfigErrors<E> {
    fn from(fault: E) -> Self {
        Self(vec![fault])
    }
}

impl<E> IntoIterator for ConfigErrors<E> {
    type Item = E;
    type IntoIter = vec::IntoIter<E>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, E> IntoIterator for &'a ConfigErrors<E> {
    type Item = &'a E;
    type IntoIter = slice::Iter<'a, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<E: Error> Error for ConfigErrors<E> {}

impl<E: fmt::Display> fmt::Display for ConfigErrors<E> {
    /// One fault a line, without a line break at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, fault) in self.0.iter().enumerate() {
            let separator = if nth == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

/// Collects faults while a configuration is checked, so that all are reported at once.
#[derive(Clone, Debug)]
#[must_use = "faults that nobody finishes are lost"]
pub struct Faults<E>(Vec<E>);

impl<E> Faults<E> {
    /// Starts with none.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one.
    pub fn push(&mut self, fault: E) {
        self.0.push(fault);
    }

    /// Keeps the value, or adds the fault.
    pub fn take<T>(&mut self, result: Result<T, E>) -> Option<T> {
        result.map_err(|fault| self.push(fault)).ok()
    }

    /// Keeps the value, or adds all the faults of a part.
    pub fn take_all<T, F>(
        &mut self,
        result: Result<T, ConfigErrors<F>>,
        name: impl FnMut(F) -> E,
    ) -> Option<T> {
        result.map_err(|faults| self.0.extend(faults.into_iter().map(name))).ok()
    }

    /// Whether none was found so far.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends the collection.
    ///
    /// # Errors
    ///
    /// All the faults, if there was one.
    pub fn finish(self) -> Result<(), ConfigErrors<E>> {
        if self.0.is_empty() { Ok(()) } else { Err(ConfigErrors(self.0)) }
    }
}

impl<E> Default for Faults<E> {
    fn default() -> Self {
        Self::new()
    }
}
