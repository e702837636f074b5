//! What nobody can guess.

use std::fmt::Write;

use zeroize::Zeroizing;

/// So many random bytes, at most 32, in hexadecimal; `None` if the operating system has none to
/// give.
pub(crate) fn digits(bytes: usize) -> Option<Zeroizing<String>> {
    let mut random = Zeroizing::new([0_u8; 32]);
    let random = random.get_mut(..bytes)?;
    getrandom::fill(random).ok()?;
    // Never grows, for a growing text leaves copies behind.
    let mut digits = Zeroizing::new(String::with_capacity(64));
    random.iter().try_for_each(|byte| write!(digits, "{byte:02x}")).ok()?;
    Some(digits)
}
