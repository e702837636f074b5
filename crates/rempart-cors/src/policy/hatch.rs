/// A safeguard that a policy goes without; each is also a method of the builder.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Hatch {
    /// See [`PolicyBuilder::dangerously_allow_any_port`](crate::PolicyBuilder::dangerously_allow_any_port).
    AnyPort,
    /// See [`PolicyBuilder::dangerously_allow_insecure_origins`](crate::PolicyBuilder::dangerously_allow_insecure_origins).
    InsecureOrigins,
    /// See [`PolicyBuilder::dangerously_allow_public_suffixes`](crate::PolicyBuilder::dangerously_allow_public_suffixes).
    PublicSuffixes,
    /// See [`PolicyBuilder::dangerously_trust_inner`](crate::PolicyBuilder::dangerously_trust_inner).
    TrustInner,
}
