use std::fmt;

/// Names a directive of a policy ([CSP3 §6], [Trusted Types], [Upgrade Insecure Requests]).
///
/// Directives that browsers have dropped (`plugin-types`, `block-all-mixed-content`,
/// `navigate-to`, …) are not among them. They are ordered as they are sent: what restricts
/// scripts comes first.
///
/// [CSP3 §6]: https://www.w3.org/TR/CSP3/#csp-directives
/// [Trusted Types]: https://w3c.github.io/trusted-types/dist/spec/#integration-with-content-security-policy
/// [Upgrade Insecure Requests]: https://www.w3.org/TR/upgrade-insecure-requests/#delivery
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Directive {
    /// `default-src`: what the other `-src` directives fall back to.
    DefaultSrc,
    /// `script-src`
    ScriptSrc,
    /// `script-src-elem`
    ScriptSrcElem,
    /// `script-src-attr`
    ScriptSrcAttr,
    /// `style-src`
    StyleSrc,
    /// `style-src-elem`
    StyleSrcElem,
    /// `style-src-attr`
    StyleSrcAttr,
    /// `img-src`
    ImgSrc,
    /// `font-src`
    FontSrc,
    /// `connect-src`
    ConnectSrc,
    /// `media-src`
    MediaSrc,
    /// `object-src`
    ObjectSrc,
    /// `child-src`
    ChildSrc,
    /// `frame-src`
    FrameSrc,
    /// `worker-src`
    WorkerSrc,
    /// `manifest-src`
    ManifestSrc,
    /// `base-uri`
    BaseUri,
    /// `form-action`
    FormAction,
    /// `frame-ancestors`: who may frame the page.
    FrameAncestors,
    /// `sandbox`
    Sandbox,
    /// `require-trusted-types-for`
    RequireTrustedTypesFor,
    /// `trusted-types`
    TrustedTypes,
    /// `webrtc`
    Webrtc,
    /// `upgrade-insecure-requests`
    UpgradeInsecureRequests,
    /// `report-uri`, for browsers that do not know `report-to` yet.
    ReportUri,
    /// `report-to`
    ReportTo,
}

/// Which sources a directive understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Everything: the fallback of all the others.
    Anything,
    /// Addresses, and what decides about event-handler attributes: no nonce reaches those.
    Attributes,
    /// Addresses: `'self'`, schemes, hosts.
    Addresses,
    /// What decides about connections.
    Connections,
    /// What decides about scripts.
    Scripts,
    /// What decides about styles.
    Styles,
    /// No list of sources at all.
    NoSources,
}

impl Directive {
    /// The name as it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DefaultSrc => "default-src",
            Self::ScriptSrc => "script-src",
            Self::ScriptSrcElem => "script-src-elem",
            Self::ScriptSrcAttr => "script-src-attr",
            Self::StyleSrc => "style-src",
            Self::StyleSrcElem => "style-src-elem",
            Self::StyleSrcAttr => "style-src-attr",
            Self::ImgSrc => "img-src",
            Self::FontSrc => "font-src",
            Self::ConnectSrc => "connect-src",
            Self::MediaSrc => "media-src",
            Self::ObjectSrc => "object-src",
            Self::ChildSrc => "child-src",
            Self::FrameSrc => "frame-src",
            Self::WorkerSrc => "worker-src",
            Self::ManifestSrc => "manifest-src",
            Self::BaseUri => "base-uri",
            Self::FormAction => "form-action",
            Self::FrameAncestors => "frame-ancestors",
            Self::Sandbox => "sandbox",
            Self::RequireTrustedTypesFor => "require-trusted-types-for",
            Self::TrustedTypes => "trusted-types",
            Self::Webrtc => "webrtc",
            Self::UpgradeInsecureRequests => "upgrade-insecure-requests",
            Self::ReportUri => "report-uri",
            Self::ReportTo => "report-to",
        }
    }

    /// Every directive, in the order in which they are sent.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        &ALL
    }

    /// Whether its value is a list of [`Source`](crate::Source)s.
    #[must_use]
    pub const fn takes_sources(self) -> bool {
        !matches!(self.takes(), Takes::NoSources)
    }

    pub(super) const fn takes(self) -> Takes {
        match self {
            Self::DefaultSrc => Takes::Anything,
            Self::ScriptSrc | Self::ScriptSrcElem => Takes::Scripts,
            Self::ScriptSrcAttr | Self::StyleSrcAttr => Takes::Attributes,
            Self::StyleSrc | Self::StyleSrcElem => Takes::Styles,
            Self::ConnectSrc => Takes::Connections,
            Self::BaseUri
            | Self::ChildSrc
            | Self::FontSrc
            | Self::FormAction
            | Self::FrameAncestors
            | Self::FrameSrc
            | Self::ImgSrc
            | Self::ManifestSrc
            | Self::MediaSrc
            | Self::ObjectSrc
            | Self::WorkerSrc => Takes::Addresses,
            Self::ReportTo
            | Self::ReportUri
            | Self::RequireTrustedTypesFor
            | Self::Sandbox
            | Self::TrustedTypes
            | Self::UpgradeInsecureRequests
            | Self::Webrtc => Takes::NoSources,
        }
    }

    /// Whether what it lets in can run in the page.
    pub(super) const fn runs_code(self) -> bool {
        matches!(
            self,
            Self::ObjectSrc | Self::ScriptSrc | Self::ScriptSrcAttr | Self::ScriptSrcElem
        )
    }

    /// Whether it means something without a value.
    pub(super) const fn may_be_bare(self) -> bool {
        matches!(self, Self::Sandbox | Self::UpgradeInsecureRequests)
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|directive| directive.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

const ALL: [Directive; 26] = [
    Directive::DefaultSrc,
    Directive::ScriptSrc,
    Directive::ScriptSrcElem,
    Directive::ScriptSrcAttr,
    Directive::StyleSrc,
    Directive::StyleSrcElem,
    Directive::StyleSrcAttr,
    Directive::ImgSrc,
    Directive::FontSrc,
    Directive::ConnectSrc,
    Directive::MediaSrc,
    Directive::ObjectSrc,
    Directive::ChildSrc,
    Directive::FrameSrc,
    Directive::WorkerSrc,
    Directive::ManifestSrc,
    Directive::BaseUri,
    Directive::FormAction,
    Directive::FrameAncestors,
    Directive::Sandbox,
    Directive::RequireTrustedTypesFor,
    Directive::TrustedTypes,
    Directive::Webrtc,
    Directive::UpgradeInsecureRequests,
    Directive::ReportUri,
    Directive::ReportTo,
];
