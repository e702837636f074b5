fn main() {
    let _ = rempart_cors::Policy::credentialed("api").expose_any();
}
