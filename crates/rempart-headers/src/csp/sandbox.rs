use std::fmt;

/// What a sandboxed page may still do ([HTML, sandboxing]).
///
/// [HTML, sandboxing]: https://html.spec.whatwg.org/multipage/browsers.html#sandboxing
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SandboxFlag {
    /// `allow-downloads`
    AllowDownloads,
    /// `allow-forms`
    AllowForms,
    /// `allow-modals`
    AllowModals,
    /// `allow-orientation-lock`
    AllowOrientationLock,
    /// `allow-pointer-lock`
    AllowPointerLock,
    /// `allow-popups`
    AllowPopups,
    /// `allow-popups-to-escape-sandbox`
    AllowPopupsToEscapeSandbox,
    /// `allow-presentation`
    AllowPresentation,
    /// `allow-same-origin`
    AllowSameOrigin,
    /// `allow-scripts`
    AllowScripts,
    /// `allow-top-navigation`
    AllowTopNavigation,
    /// `allow-top-navigation-by-user-activation`
    AllowTopNavigationByUserActivation,
    /// `allow-top-navigation-to-custom-protocols`
    AllowTopNavigationToCustomProtocols,
}

impl SandboxFlag {
    /// The flag as it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllowDownloads => "allow-downloads",
            Self::AllowForms => "allow-forms",
            Self::AllowModals => "allow-modals",
            Self::AllowOrientationLock => "allow-orientation-lock",
            Self::AllowPointerLock => "allow-pointer-lock",
            Self::AllowPopups => "allow-popups",
            Self::AllowPopupsToEscapeSandbox => "allow-popups-to-escape-sandbox",
            Self::AllowPresentation => "allow-presentation",
            Self::AllowSameOrigin => "allow-same-origin",
            Self::AllowScripts => "allow-scripts",
            Self::AllowTopNavigation => "allow-top-navigation",
            Self::AllowTopNavigationByUserActivation => "allow-top-navigation-by-user-activation",
            Self::AllowTopNavigationToCustomProtocols => "allow-top-navigation-to-custom-protocols",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|flag| flag.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for SandboxFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

const ALL: [SandboxFlag; 13] = [
    SandboxFlag::AllowDownloads,
    SandboxFlag::AllowForms,
    SandboxFlag::AllowModals,
    SandboxFlag::AllowOrientationLock,
    SandboxFlag::AllowPointerLock,
    SandboxFlag::AllowPopups,
    SandboxFlag::AllowPopupsToEscapeSandbox,
    SandboxFlag::AllowPresentation,
    SandboxFlag::AllowSameOrigin,
    SandboxFlag::AllowScripts,
    SandboxFlag::AllowTopNavigation,
    SandboxFlag::AllowTopNavigationByUserActivation,
    SandboxFlag::AllowTopNavigationToCustomProtocols,
];
