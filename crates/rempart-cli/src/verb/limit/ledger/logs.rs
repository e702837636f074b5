use rempart::rate_limit::StrictWindow;

use crate::verb::limit::plan::nanoseconds;
use crate::verb::limit::rings::Rings;

/// When the last requests of each client of a group came that count.
pub(super) struct Logs {
    period: u64,
    /// Had each been served what the limit allows: as many of each as the limit.
    allowed: Rings,
    /// What each was served: twice as many, to see how much that was above the limit.
    served: Rings,
}

impl Logs {
    pub(super) fn new(window: StrictWindow, clients: usize) -> Self {
        let limit = usize::try_from(window.limit()).unwrap_or_default();
        Self {
            period: nanoseconds(window.period()),
            allowed: Rings::new(limit, clients),
            served: Rings::new(limit.saturating_mul(2), clients),
        }
    }

    pub(super) fn allow(&mut self, client: usize, now: u64) -> bool {
        let oldest = self.allowed.oldest(client);
        let free = oldest.is_none_or(|at| is_over(at, self.period, now));
        if free {
            self.allowed.push(client, now);
        }
        free
    }

    pub(super) fn serve(&mut self, client: usize, now: u64) -> u64 {
        self.served.push(client, now);
        let counts = |at: &u64| !is_over(*at, self.period, now);
        let served = self.served.of(client).filter(counts).count();
        let above = served.saturating_sub(self.allowed.size());
        u64::try_from(above).unwrap_or(u64::MAX)
    }
}

/// What is a whole period old does not count any more.
const fn is_over(at: u64, period: u64, now: u64) -> bool {
    at.saturating_add(period) <= now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verb::limit::random::Random;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn counts_as_a_list_of_all_times_would() {
        for limit in [1_u32, 2, 5, 128] {
            let quota = format!("{limit} per 10s").parse().unwrap();
            let mut logs = Logs::new(StrictWindow::new(quota).unwrap(), 3);
            let mut random = Random::new(limit.into(), 0);
            let (mut now, mut allowed, mut served) = (0, vec![vec![]; 3], vec![vec![]; 3]);
            for _ in 0..5_000 {
                now += random.next() % (30 * SECOND / u64::from(limit));
                let client = random.below(3) as usize;
                let count =
                    |times: &[u64]| times.iter().filter(|at| **at + 10 * SECOND > now).count();
                let free = count(&allowed[client]) < limit as usize;
                assert_eq!(logs.allow(client, now), free);
                if free {
                    allowed[client].push(now);
                }
                if random.below(2) == 0 {
                    served[client].push(now);
                    let above = count(&served[client]).saturating_sub(limit as usize);
                    assert_eq!(logs.serve(client, now), above.min(limit as usize) as u64);
                }
            }
        }
    }
}
