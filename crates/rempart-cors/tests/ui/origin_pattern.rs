fn main() {
    let _ = rempart_cors::origin!("https://*.example.com");
}
