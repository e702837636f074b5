fn main() {
    let _ = rempart_cors::origin!("https://app.example.com/");
}
