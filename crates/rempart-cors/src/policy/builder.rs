use std::marker::PhantomData;
use std::time::Duration;

use super::draft::Draft;
use super::{Enforce, Hatch, Policy};
use crate::ConfigErrors;

/// The kind of policy that has no credentials: a type's argument, never a value.
#[derive(Clone, Copy, Debug)]
pub enum Anonymous {}

/// The kind of policy that has credentials: a type's argument, never a value.
#[derive(Clone, Copy, Debug)]
pub enum Credentialed {}

/// Builds a [`Policy`]; see [`Policy::anonymous`] and [`Policy::credentialed`].
///
/// Each list can be given in parts. Nothing is allowed that was not named.
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder<Kind> {
    draft: Draft,
    kind: PhantomData<fn() -> Kind>,
}

impl<Kind> PolicyBuilder<Kind> {
    pub(super) const fn new(name: String) -> Self {
        Self { draft: Draft::new(name), kind: PhantomData }
    }

    /// Allows these origins, each in the one form that browsers send (see [`Origin`](crate::Origin)).
    ///
    /// `https://*.example.com` allows every subdomain of a host, at any depth, and not the host
    /// itself; `http://localhost:*` every port of this machine. Where a star could allow what is
    /// not yours it is refused: before a [public suffix], before an address, with a part of a label.
    ///
    /// [public suffix]: https://publicsuffix.org
    ///
    /// ```
    /// use http::Request;
    /// use rempart_cors::Policy;
    ///
    /// # #[cfg(feature = "psl")] {
    /// let policy = Policy::credentialed("api").origins(["https://*.tenants.example.com"]).build()?;
    /// let allows = |origin| {
    ///     let request = Request::get("/").header("origin", origin).body(()).unwrap();
    ///     policy.grant(request.headers()).is_allowed()
    /// };
    /// assert!(allows("https://a.tenants.example.com"));
    /// assert!(allows("https://a.b.tenants.example.com"));
    /// assert!(!allows("https://tenants.example.com"));
    /// assert!(!allows("https://eviltenants.example.com"));
    /// # }
    /// # Ok::<_, rempart_cors::ConfigErrors>(())
    /// ```
    pub fn origins<T: AsRef<str>>(mut self, origins: impl IntoIterator<Item = T>) -> Self {
        self.draft.origins.extend(origins);
        self
    }

    /// Names schemes that origins may have beside `https` and `http`: those of apps in web views and
    /// of browsers' extensions, as in `capacitor://localhost` or `tauri://localhost`.
    ///
    /// ```
    /// let policy = rempart_cors::Policy::credentialed("api")
    ///     .custom_schemes(["capacitor"])
    ///     .origins(["https://app.example.com", "capacitor://localhost"])
    ///     .build()?;
    /// # Ok::<_, rempart_cors::ConfigErrors>(())
    /// ```
    ///
    /// # Security
    ///
    /// Nobody owns `capacitor://localhost`: on a device where two apps are made so, both are it.
    pub fn custom_schemes<T: AsRef<str>>(mut self, schemes: impl IntoIterator<Item = T>) -> Self {
        self.draft.custom_schemes.extend(schemes);
        self
    }

    /// Names the service's own origins, at which its own pages are served.
    ///
    /// A browser sends `Origin` with a same-origin `POST` too. Such a request is no cross-origin
    /// one: it needs no CORS headers and is no matter for an observer. An origin of the service
    /// that other hosts of it must allow can stand in both lists.
    pub fn own_origins<T: AsRef<str>>(mut self, origins: impl IntoIterator<Item = T>) -> Self {
        self.draft.own_origins.extend(origins);
        self
    }

    /// Names hosts at which the service is reached and serves no page, as `Host` has them: beside
    /// those of the own origins, the only ones that [`enforce`](Self::enforce) lets pass.
    ///
    /// What a proxy in front writes into `Host`, or the address that a health check asks. Where nothing
    /// is enforced no host is looked at, and to name one is a fault.
    pub fn own_hosts<T: AsRef<str>>(mut self, hosts: impl IntoIterator<Item = T>) -> Self {
        self.draft.own_hosts.extend(hosts);
        self
    }

    /// Turns requests of strangers away with a 403, before the service sees them.
    ///
    /// By itself CORS keeps a page from *reading* a response, and the request has done by then what
    /// it does. This keeps it from being handled. A request whose `Origin` is neither allowed nor
    /// one of the [own](Self::own_origins) is refused, and so is every request whose `Host` is not
    /// one of theirs, or of the [own hosts](Self::own_hosts): that is what is left of a request
    /// when a page had its own name [resolve to this machine]. Both are compared with what is
    /// configured. Nothing is concluded from `Host` or `Sec-Fetch-Site`, which say what the sender
    /// likes.
    ///
    /// Requests without an `Origin` pass: those of other servers, links that are followed, and the
    /// `GET`s of own pages. A form of an own page under `Referrer-Policy: no-referrer` posts with
    /// `Origin: null`, and is refused.
    ///
    /// [resolve to this machine]: https://en.wikipedia.org/wiki/DNS_rebinding
    pub const fn enforce(mut self, scope: Enforce) -> Self {
        self.draft.enforce = Some(scope);
        self
    }

    /// Allows these methods, beside `GET`, `HEAD` and `POST`, which every page may send without
    /// asking.
    pub fn methods<T: AsRef<str>>(mut self, methods: impl IntoIterator<Item = T>) -> Self {
        self.draft.methods.extend(methods);
        self
    }

    /// Allows these request headers, in any ASCII case.
    ///
    /// `content-type` belongs here if pages send JSON: only the types of HTML forms are free. A name
    /// may stand in several parts, such as [presets](crate::preset).
    pub fn request_headers<T: AsRef<str>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.draft.request_headers.extend(names);
        self
    }

    /// Lets pages read these response headers, beside the seven that they always may.
    pub fn expose_headers<T: AsRef<str>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.draft.expose_headers.extend(names);
        self
    }

    /// Lets browsers keep a preflight's answer so long; without it, five seconds.
    ///
    /// For as long, a browser that has asked goes on sending the requests of an origin that was
    /// taken off the list; it shares no response with it.
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.draft.max_age = Some(max_age);
        self
    }

    /// Lets pages of allowed origins read the timing of their requests (`Timing-Allow-Origin`).
    pub const fn share_timing(mut self) -> Self {
        self.draft.timing = true;
        self
    }

    /// Allows hosts that are public suffixes, such as `vercel.app`, and all under one, as in
    /// `https://*.vercel.app`.
    ///
    /// Without the feature `psl`, which brings the list, every pattern of subdomains asks for this.
    ///
    /// # Security
    ///
    /// Nobody in particular speaks for such a host, and anybody can for one under it.
    pub fn dangerously_allow_public_suffixes(self) -> Self {
        self.without(Hatch::PublicSuffixes)
    }

    /// Allows `https://app.example.com:*`: every port of hosts that are not this machine.
    ///
    /// # Security
    ///
    /// Whatever listens on the host speaks for the origin, also what belongs to somebody else there.
    pub fn dangerously_allow_any_port(self) -> Self {
        self.without(Hatch::AnyPort)
    }

    /// Leaves the `Access-Control-*` and `Timing-Allow-Origin` headers that the service sets.
    ///
    /// A response on which it set `Access-Control-Allow-Origin` gets `Vary: Origin` and nothing else;
    /// to others is added what they lack, and `Vary: Origin` too, where every origin is allowed as well.
    ///
    /// # Security
    ///
    /// The policy is then no longer all that is allowed: the service can share a response with any
    /// origin, with credentials too.
    pub fn dangerously_trust_inner(self) -> Self {
        self.without(Hatch::TrustInner)
    }

    fn without(mut self, safeguard: Hatch) -> Self {
        self.draft.hatches.push(safeguard);
        self
    }
}

/// What responses without credentials may add. What is named beside everything is a fault.
impl PolicyBuilder<Anonymous> {
    /// Allows every origin: every response says `Access-Control-Allow-Origin: *`.
    ///
    /// Two `Origin` lines are nobody's even so, and a preflight that has them is refused.
    ///
    /// For what is public anyway. It is no leave to read what only a network position protects: a
    /// page anywhere can then reach a service of an intranet through its visitors' browsers.
    pub const fn any_origin(mut self) -> Self {
        self.draft.origins.any = true;
        self
    }

    /// Allows every method that pages can send.
    pub const fn any_method(mut self) -> Self {
        self.draft.methods.any = true;
        self
    }

    /// Allows every request header but `authorization`, which has to be
    /// [named](Self::request_headers) beside ([Fetch, non-wildcard request-header name]).
    ///
    /// [Fetch, non-wildcard request-header name]: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
    pub const fn any_request_header(mut self) -> Self {
        self.draft.request_headers.any = true;
        self
    }

    /// Lets pages read every response header.
    pub const fn expose_any(mut self) -> Self {
        self.draft.expose_headers.any = true;
        self
    }

    /// Checks the policy and renders every header value once.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`]: every fault, in the order of the fields of a
    /// [`PolicyConfig`](crate::PolicyConfig).
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        self.draft.check(false)
    }
}

/// What responses with credentials may add, and must be asked for by a name that says so.
impl PolicyBuilder<Credentialed> {
    /// Allows `http` origins that are not on this machine.
    ///
    /// # Security
    ///
    /// Whoever sits on the network between can answer for such an origin, and then act with the
    /// credentials of every user who passes.
    pub fn dangerously_allow_insecure_origins(self) -> Self {
        self.without(Hatch::InsecureOrigins)
    }

    /// Checks the policy and renders every header value once.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`]: every fault, in the order of the fields of a
    /// [`PolicyConfig`](crate::PolicyConfig).
    ///
    /// ```
    /// let faults = rempart_cors::Policy::credentialed("api")
    ///     .origins(["https://app.example.com/", "http://app.example.com", "null"])
    ///     .methods(["put"])
    ///     .build()
    ///     .unwrap_err();
    /// assert_eq!(faults.len(), 4);
    /// ```
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        self.draft.check(true)
    }
}
