use rempart_token::Lifetime;

const TWO_DAYS: Lifetime = Lifetime::hours::<48>();

fn main() {
    let _ = TWO_DAYS;
}
