use std::hash::{BuildHasher, RandomState};

/// How much longer than it has to a refused client is told to wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum Jitter {
    /// Not at all.
    None,
    /// Up to a tenth.
    Tenth,
}

/// Which part of what may be added to a time to wait is added: of 2^32 parts, drawn anew for each
/// refusal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread(u32);

impl Jitter {
    /// Nobody can tell it before: the hash of nothing under keys that this thread has not used yet.
    pub(super) fn draw(self) -> Spread {
        match self {
            Self::None => Spread(0),
            Self::Tenth => {
                let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_ne_bytes();
                Spread(u32::from_ne_bytes([a, b, c, d]))
            }
        }
    }
}

impl Spread {
    /// From nothing to so many, each as likely as the others.
    pub(crate) fn up_to(self, most: u64) -> u64 {
        let part =
            u128::from(most).saturating_add(1).saturating_mul(u128::from(self.0)) >> u32::BITS;
        u64::try_from(part).unwrap_or(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_at_least_nothing_and_at_most_all() {
        for most in [0, 1, 6, 60, 31_536_000, u64::MAX] {
            assert_eq!(Jitter::None.draw().up_to(most), 0);
            assert!(Spread(u32::MAX).up_to(most) <= most);
        }
        assert_eq!([0, 1 << 30, 1 << 31, u32::MAX].map(|part| Spread(part).up_to(3)), [0, 1, 2, 3]);
    }
}
