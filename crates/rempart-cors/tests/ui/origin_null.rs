fn main() {
    let _ = rempart_cors::origin!("null");
}
