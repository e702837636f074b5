use std::time::Duration;

use rempart_token::{Lifetime, MintError, Minter, Token, VapiMinter};

fn mint(minter: &Minter, vapi: &VapiMinter) -> Result<[Token; 2], MintError> {
    let now = Duration::from_secs(1_800_000_000);
    let ours = minter.mint(&(), Lifetime::hours::<24>(), now)?;
    Ok([ours, vapi.private(Lifetime::hours::<1>(), now)?])
}

fn main() {
    let _ = mint;
}
