use rempart_headers::Source;

fn main() {
    let _ = Source::Host("https://a.example 'unsafe-inline'".into());
}
