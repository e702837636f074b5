use std::time::Duration;

use rempart_token::Minter;

fn mint(minter: &Minter) {
    let _ = minter.mint(&(), None, Duration::ZERO);
    let _ = minter.mint(&(), Duration::MAX, Duration::ZERO);
}

fn main() {
    let _ = mint;
}
