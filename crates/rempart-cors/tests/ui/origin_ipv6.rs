fn main() {
    let _ = rempart_cors::origin!("https://[0:0::1]");
}
