use std::fmt;
use std::sync::Arc;

use http::Request;
use rempart_core::{Flavour, Observers, Renderer, Source};

use crate::refused::{Cause, Refused};

/// What every clone of a service shares. `C` is its clock; `()` where nobody asks for the time.
#[derive(Clone)]
pub(crate) struct Shared<P, C = ()> {
    pub(crate) policy: Source<P>,
    pub(crate) observers: Observers,
    pub(crate) clock: C,
    pub(crate) renderer: Renderer,
}

impl<P, C> Shared<P, C> {
    /// Starts with the default observers and renderer.
    pub(crate) fn new(policy: Source<P>, clock: C) -> Arc<Self> {
        let (observers, renderer) = (Observers::default(), Renderer::default());
        Arc::new(Self { policy, observers, clock, renderer })
    }

    /// Turns this request away, in the protocol that it speaks.
    pub(crate) fn refuse<B>(&self, request: &Request<B>, cause: Cause) -> Refused {
        let (flavour, renderer) = (Flavour::of_request(request), self.renderer.clone());
        Refused { cause, flavour, renderer }
    }
}

// By hand: a derive would ask for `C: Debug`, which a clock is not.
impl<P: fmt::Debug, C> fmt::Debug for Shared<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("policy", &self.policy)
            .field("observers", &self.observers)
            .field("renderer", &self.renderer)
            .finish_non_exhaustive()
    }
}
