use rempart_token::Lifetime;

const NOTHING: Lifetime = Lifetime::seconds::<0>();

fn main() {
    let _ = NOTHING;
}
