use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

/// A value that can be replaced while it is read. Clones share it; reading takes no lock.
///
/// ```
/// use rempart_core::Live;
///
/// let live = Live::new(10);
/// let seen_by_the_layer = live.clone();
/// live.store(20);
/// assert_eq!(*seen_by_the_layer.load(), 20);
/// ```
pub struct Live<T>(Arc<ArcSwap<T>>);

impl<T> Live<T> {
    /// Starts with `value`.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(value)))
    }

    /// The value of this moment; what is stored later does not touch it.
    #[must_use]
    pub fn load(&self) -> Current<'_, T> {
        Current(Reading::Live(self.0.load()))
    }

    /// Replaces the value. A request that read the old one finishes with the old one.
    pub fn store(&self, value: T) {
        self.0.store(Arc::new(value));
    }

    /// Replaces the value by what `change` makes of it. `change` may be called again, if another
    /// writer came between: no writer's change is lost.
    pub fn update(&self, mut change: impl FnMut(&T) -> T) {
        self.0.rcu(|value| change(value));
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Live").field(&*self.load()).finish()
    }
}

/// Where a layer takes its policy from: a value of its own, or a [`Live`] one.
///
/// A layer's `new` takes `impl Into<Source<Policy>>`, so either can be passed as it is.
#[derive(Clone, Debug)]
pub struct Source<T>(Origin<T>);

#[derive(Clone, Debug)]
enum Origin<T> {
    Fixed(T),
    Live(Live<T>),
}

impl<T> Source<T> {
    /// The value of this moment.
    #[must_use]
    pub fn get(&self) -> Current<'_, T> {
        match &self.0 {
            Origin::Fixed(value) => Current(Reading::Fixed(value)),
            Origin::Live(live) => live.load(),
        }
    }

    /// The value that it will always be; `None` for a [`Live`] one.
    #[must_use]
    pub const fn fixed(&self) -> Option<&T> {
        match &self.0 {
            Origin::Fixed(value) => Some(value),
            Origin::Live(_) => None,
        }
    }
}

impl<T> From<T> for Source<T> {
    fn from(value: T) -> Self {
        Self(Origin::Fixed(value))
    }
}

impl<T> From<Live<T>> for Source<T> {
    fn from(live: Live<T>) -> Self {
        Self(Origin::Live(live))
    }
}

/// A value as it was when it was read; see [`Live::load`] and [`Source::get`].
///
/// Held for the length of a decision, not across an `await`: clone the policy for that.
pub struct Current<'a, T>(Reading<'a, T>);

enum Reading<'a, T> {
    Fixed(&'a T),
    Live(Guard<Arc<T>>),
}

impl<T> Deref for Current<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Reading::Fixed(value) => value,
            Reading::Live(guard) => guard,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Current<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
