use std::time::Duration;

use rempart_token::{Lifetime, VapiMinter};

const DAY: Lifetime = Lifetime::hours::<24>();

fn mint(minter: &VapiMinter) {
    let _ = minter.private(DAY, Duration::ZERO);
}

fn main() {
    let _ = mint;
}
