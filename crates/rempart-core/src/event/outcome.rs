use super::vocabulary::vocabulary;

vocabulary! {
    /// How a decision went.
    pub enum Outcome {
        /// The request went on.
        Allowed = "allowed",
        /// The request was turned away.
        Refused = "rejected",
        /// A policy on trial would have turned the request away; it went on.
        Shadowed = "shadowed",
        /// No decision could be taken; what happened to the request is the policy's word on that.
        Error = "error",
    }
}
