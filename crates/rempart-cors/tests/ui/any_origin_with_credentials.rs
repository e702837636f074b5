fn main() {
    let _ = rempart_cors::Policy::credentialed("api").any_origin();
}
