/// Numbers without a pattern, the same at each run and on each machine (`splitmix64`).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// One of many streams under one seed: what one draws changes nothing for the others.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self(Self(seed).next() ^ Self(!stream).next())
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..count`, all being equally likely; 0 of none.
    pub(super) const fn below(&mut self, count: u32) -> u32 {
        (self.fraction().saturating_mul(count as u64) >> 32) as u32
    }

    /// A fraction below one, in units of 2^-32.
    pub(super) const fn fraction(&mut self) -> u64 {
        self.next() >> 32
    }

    /// A gap between two arrivals by chance, the mean gap being one, in units of 2^-32.
    ///
    /// By von Neumann's method, which only compares: a logarithm is rounded differently from
    /// machine to machine. The chance that n numbers fall one after the other and no more, the
    /// first being `x`, is `x^(n-1)/(n-1)! - x^n/n!`: over all odd n that makes `e^-x`.
    pub(super) const fn gap(&mut self) -> u64 {
        let mut whole = 0_u64;
        loop {
            let first = self.fraction();
            let (mut last, mut odd) = (first, true);
            loop {
                let next = self.fraction();
                if next >= last {
                    break;
                }
                (last, odd) = (next, !odd);
            }
            if odd {
                return (whole << 32).saturating_add(first);
            }
            whole = whole.saturating_add(1);
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "what is drawn has 52 bits at most")]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_those_of_arrivals_by_chance() {
        const DRAWN: u32 = 1_000_000;
        let mut random = Random::new(7, 0);
        let gaps: Vec<f64> = (0..DRAWN).map(|_| random.gap() as f64 / 2_f64.powi(32)).collect();
        let mean = gaps.iter().sum::<f64>() / f64::from(DRAWN);
        assert!((mean - 1.0).abs() < 0.005, "five standard deviations from {mean}");
        for longer_than in [0.1, 0.5, 1.0, 2.0, 5.0, 9.0] {
            let share = gaps.iter().filter(|gap| **gap > longer_than).count() as f64;
            let want = f64::from(DRAWN) * (-longer_than).exp();
            assert!((share - want).abs() < 5.0 * want.sqrt(), "{share} past {longer_than}: {want}");
        }
    }

    #[test]
    fn every_client_is_equally_likely() {
        for count in [1_u32, 2, 7, 100] {
            let mut random = Random::new(1, 2);
            let mut drawn = vec![0_u32; count as usize];
            for _ in 0..10_000 * count {
                drawn[random.below(count) as usize] += 1;
            }
            assert!(drawn.iter().all(|drawn| drawn.abs_diff(10_000) < 500), "{drawn:?}");
        }
    }

    #[test]
    fn streams_and_seeds_differ_and_repeat() {
        let draw = |seed, stream| {
            let mut random = Random::new(seed, stream);
            [(); 4].map(|()| random.next())
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        let streams = [draw(0, 0), draw(0, 1), draw(1, 0), draw(1, 1), draw(2, 1), draw(1, 2)];
        for (nth, stream) in streams.iter().enumerate() {
            assert_eq!(streams.iter().position(|other| other == stream), Some(nth));
        }
    }
}
