fn main() {
    let _ = rempart_cors::origin!("https://App.example.com");
}
