fn main() {
    let _ = rempart_cors::origin!("https://xn--a.example");
}
