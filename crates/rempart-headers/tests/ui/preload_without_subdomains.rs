use rempart_headers::Hsts;

fn main() {
    let _ = Hsts::host(Hsts::TWO_YEARS).preload();
}
