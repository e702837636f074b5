use rempart_headers::{Csp, IntoSource};

struct Anything;

impl IntoSource for Anything {}

fn main() {
    let _ = Csp::page().img_src([Anything]);
}
