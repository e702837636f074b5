use rempart_cors::{Credentialed, Policy, PolicyBuilder};

fn main() {
    let open = Policy::anonymous("api").any_origin();
    let _: PolicyBuilder<Credentialed> = PolicyBuilder { ..open };
}
