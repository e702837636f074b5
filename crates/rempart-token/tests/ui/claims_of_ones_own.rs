use rempart_token::Claims;

fn forge(seen: Claims) -> Claims {
    Claims { escaped: None, ..seen }
}

fn main() {
    let _ = forge;
}
