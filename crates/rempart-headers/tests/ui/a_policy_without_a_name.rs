use rempart_headers::Policy;

fn main() {
    let _ = Policy::page().build();
}
