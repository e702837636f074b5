//! Headers whose value is one word of a short list.

use std::fmt;

/// An enum of words, each sent as the text beside it.
macro_rules! words {
    ($(#[$meta:meta])* $Name:ident { $($(#[$doc:meta])* $Word:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $Name {
            $($(#[$doc])* #[doc = concat!(" Sent as `", $text, "`.")] $Word,)+
        }

        impl $Name {
            /// The value of the header.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Word => $text,)+
                }
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// Which pages a page shares its window's group with: `Cross-Origin-Opener-Policy`
    /// ([HTML, cross-origin opener policies]).
    ///
    /// [HTML, cross-origin opener policies]: https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies
    OpenerPolicy {
        /// Those that it opens and that ask for the same, or for nothing.
        NoopenerAllowPopups = "noopener-allow-popups",
        /// Those of its own origin.
        SameOrigin = "same-origin",
        /// Those of its own origin, and pop-ups that ask for nothing.
        SameOriginAllowPopups = "same-origin-allow-popups",
        /// All.
        UnsafeNone = "unsafe-none",
    }
}

words! {
    /// What a page may embed: `Cross-Origin-Embedder-Policy` ([HTML, embedder policies]).
    ///
    /// No preset sends it: it keeps out every image and script of others that does not agree.
    ///
    /// [HTML, embedder policies]: https://html.spec.whatwg.org/multipage/browsers.html#coep
    EmbedderPolicy {
        /// Others' resources, fetched without cookies.
        Credentialless = "credentialless",
        /// What agrees by `Cross-Origin-Resource-Policy` or CORS.
        RequireCorp = "require-corp",
        /// Everything.
        UnsafeNone = "unsafe-none",
    }
}

words! {
    /// Who may embed an answer without CORS: `Cross-Origin-Resource-Policy` ([Fetch §3.7]).
    ///
    /// [Fetch §3.7]: https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header
    ResourcePolicy {
        /// Everybody.
        CrossOrigin = "cross-origin",
        /// Pages of the same origin.
        SameOrigin = "same-origin",
        /// Pages of the same site.
        SameSite = "same-site",
    }
}

words! {
    /// Who may frame a page, for browsers that do not know `frame-ancestors`:
    /// `X-Frame-Options` ([RFC 7034]). `ALLOW-FROM`, which browsers ignore, cannot be said.
    ///
    /// [RFC 7034]: https://www.rfc-editor.org/rfc/rfc7034
    FrameOptions {
        /// Nobody.
        Deny = "DENY",
        /// Pages of the same origin.
        SameOrigin = "SAMEORIGIN",
    }
}

words! {
    /// What a page tells about itself where it links to: `Referrer-Policy` ([Referrer Policy §3]).
    ///
    /// [Referrer Policy §3]: https://www.w3.org/TR/referrer-policy/#referrer-policies
    ReferrerPolicy {
        /// Nothing.
        NoReferrer = "no-referrer",
        /// The address, but not from https to http.
        NoReferrerWhenDowngrade = "no-referrer-when-downgrade",
        /// The origin.
        Origin = "origin",
        /// The origin, and the address to its own pages.
        OriginWhenCrossOrigin = "origin-when-cross-origin",
        /// The address to its own pages, nothing to others.
        SameOrigin = "same-origin",
        /// The origin, but not from https to http.
        StrictOrigin = "strict-origin",
        /// The address to its own pages, the origin to others, nothing from https to http.
        StrictOriginWhenCrossOrigin = "strict-origin-when-cross-origin",
        /// The address, to everybody, in the clear too.
        UnsafeUrl = "unsafe-url",
    }
}
