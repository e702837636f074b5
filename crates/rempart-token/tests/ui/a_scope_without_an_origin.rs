use rempart_token::{AssistantId, PublicScope};

fn scope(assistant: AssistantId) -> PublicScope {
    PublicScope::new(assistant)
}

fn main() {
    let _ = scope;
}
