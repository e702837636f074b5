/// Which requests of strangers are turned away; see [`PolicyBuilder::enforce`].
///
/// [`PolicyBuilder::enforce`]: crate::PolicyBuilder::enforce
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Enforce {
    /// Every one, whatever its method.
    EveryMethod,
    /// Those whose method may change something, and every upgrade to a `WebSocket`; `GET`, `HEAD` and
    /// `OPTIONS` reach the service, and only their responses are not shared.
    UnsafeMethods,
}
