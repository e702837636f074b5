enum Both {}

fn main() {
    let _: rempart_cors::PolicyBuilder<Both> = rempart_cors::Policy::anonymous("api").any_origin();
}
