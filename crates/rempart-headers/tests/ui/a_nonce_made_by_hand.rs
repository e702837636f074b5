use rempart_headers::Nonce;

fn main() {
    let _ = Nonce::new();
}
