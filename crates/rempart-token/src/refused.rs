use http::Response;
use rempart_core::{Flavour, Reason, Refusal, Renderer, ResponseBody};

use crate::{Policy, Rejection, admin};

/// A request that was turned away, as long as nobody has asked for the answer.
pub(crate) struct Refused {
    pub(crate) cause: Cause,
    pub(crate) flavour: Flavour,
    pub(crate) renderer: Renderer,
}

/// What an answer is made of: by whom a request was turned away, and why.
///
/// It is small, for the future of every request has room for it; the answer itself is not.
pub(crate) enum Cause {
    Admin(admin::Policy, admin::Rejection),
    /// Made at once: the rejection borrows the name of a secret from its policy.
    Browser(Box<Refusal>),
    Token(Policy, Rejection),
}

impl Refused {
    // Kept out of the future's `poll`, whose other way is the common one and short.
    #[inline(never)]
    pub(crate) fn response<B>(&self) -> Response<ResponseBody<B>> {
        let refusal = match &self.cause {
            Cause::Admin(policy, rejection) => rejection.refusal(policy),
            Cause::Browser(refusal) => Refusal::clone(refusal),
            Cause::Token(policy, rejection) => rejection.refusal(policy),
        };
        refusal.into_response(self.flavour, &self.renderer)
    }

    pub(crate) const fn reason(&self) -> Reason {
        match &self.cause {
            Cause::Admin(_, rejection) => rejection.reason(),
            Cause::Browser(refusal) => refusal.refused().reason,
            Cause::Token(_, rejection) => rejection.reason(),
        }
    }
}
