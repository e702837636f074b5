use std::net::{IpAddr, Ipv6Addr};

use rempart::core::ClientAddr;

use super::group::{Group, Shape, Who};
use super::random::Random;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// When it comes, in nanoseconds since the start.
    pub(super) at: u64,
    /// Whose it is: a place among the groups.
    pub(super) group: usize,
    /// Which client of the group; `None` if it was never seen before and never will be again.
    pub(super) client: Option<u32>,
    /// The network that it comes from: another client's is another number.
    pub(super) source: u64,
    pub(super) address: ClientAddr,
}

/// The requests of all groups, in the order in which they come.
pub(super) struct Arrivals {
    sources: Vec<Source>,
    end: u64,
}

impl Arrivals {
    /// All that come before the time `end`, in nanoseconds.
    pub(super) fn new(groups: &[Group], seed: u64, end: u64) -> Self {
        let sources = groups.iter().zip(0_u8..).map(|(group, nth)| Source::new(group, nth, seed));
        Self { sources: sources.collect(), end }
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        // Of those that come at once, the first group's is the first.
        let source = self.sources.iter_mut().min_by_key(|source| source.at)?;
        (source.next_at() < self.end).then(|| source.send())
    }
}

/// A group as it sends. Nothing is kept of each client: many that send by chance are one that
/// sends by chance so much faster, each request being anybody's.
struct Source {
    who: Who,
    shape: Shape,
    nth: u8,
    random: Random,
    /// The mean time between arrivals, in 2^-32 nanoseconds.
    gap: u128,
    /// When the next request comes, in the same unit.
    at: u128,
    /// How many more of a burst come then.
    left: u32,
    client: u32,
    sent: u64,
}

impl Source {
    fn new(group: &Group, nth: u8, seed: u64) -> Self {
        let mut source = Self {
            who: group.who,
            shape: group.shape,
            nth,
            random: Random::new(seed, nth.into()),
            gap: group.gap(),
            at: 0,
            left: 0,
            client: 0,
            sent: 0,
        };
        // Groups at even intervals shall not march in step.
        let start = match group.shape {
            Shape::Steady => source.random.fraction(),
            Shape::Burst(_) | Shape::Poisson => source.random.gap(),
        };
        source.pass(start);
        source.begin();
        source
    }

    fn next_at(&self) -> u64 {
        u64::try_from(self.at >> 32).unwrap_or(u64::MAX)
    }

    fn send(&mut self) -> Arrival {
        let group = usize::from(self.nth);
        let networks = self.who.clients().map_or(u64::MAX, u64::from);
        let nth = if self.who.rotates() { self.sent } else { self.client.into() };
        let network = nth.checked_rem(networks).unwrap_or_default();
        let client = self.who.clients().and_then(|_| u32::try_from(network).ok());
        let source = 0xfd << 56 | u64::from(self.nth) << 48 | network;
        // A /64 for each client, and in it another host for each request.
        let bits = u128::from(source) << 64 | u128::from(self.sent);
        let address = ClientAddr::new(IpAddr::V6(Ipv6Addr::from_bits(bits)));
        let arrival = Arrival { at: self.next_at(), group, client, source, address };
        self.sent = self.sent.saturating_add(1);
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return arrival;
        }
        let gap = match self.shape {
            Shape::Steady => 1 << 32,
            Shape::Burst(_) | Shape::Poisson => self.random.gap(),
        };
        self.pass(gap);
        self.begin();
        arrival
    }

    /// Lets so many mean gaps pass, in units of 2^-32.
    fn pass(&mut self, gaps: u64) {
        self.at = self.at.saturating_add(self.gap.saturating_mul(gaps.into()) >> 32);
    }

    /// Says who sends next, and how much at once.
    fn begin(&mut self) {
        let clients = self.who.clients().unwrap_or(1);
        match self.shape {
            // In turn, so that each one's intervals are even too.
            Shape::Steady => {
                let nth = self.sent.checked_rem(clients.into()).unwrap_or_default();
                self.client = u32::try_from(nth).unwrap_or_default();
            }
            Shape::Burst(_) | Shape::Poisson => self.client = self.random.below(clients),
        }
        if let Shape::Burst(size) = self.shape {
            self.left = size.saturating_sub(1);
        }
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests {
    use std::collections::HashSet;

    use super::super::group::{honest, hostile};
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn arrivals(groups: &[Group], seconds: u64) -> Vec<Arrival> {
        Arrivals::new(groups, 3, seconds * SECOND).collect()
    }

    #[test]
    fn a_group_keeps_its_rate_in_every_shape() {
        for text in ["100x5/s", "100x5/s steady", "100x300/min burst 10", "1x1800000/h"] {
            let sent = arrivals(&[honest(text).unwrap()], 60);
            // Five standard deviations, of bursts of ten.
            assert!(sent.len().abs_diff(30_000) < 2_800, "{text}: {}", sent.len());
            assert!(sent.iter().all(|arrival| arrival.at < 60 * SECOND));
            assert!(sent.is_sorted_by_key(|arrival| arrival.at));
            let expected = honest(text).unwrap().expected(60);
            assert_eq!(expected, 30_000, "{text}");
        }
    }

    #[test]
    fn clients_share_a_rate_alike() {
        let sent = arrivals(&[honest("10x100/s").unwrap()], 60);
        for client in 0..10 {
            let sent = sent.iter().filter(|arrival| arrival.client == Some(client)).count();
            assert!(sent.abs_diff(6_000) < 400, "{client}: {sent}");
        }
    }

    #[test]
    fn steady_clients_send_at_even_intervals() {
        let sent = arrivals(&[honest("3x2/s steady").unwrap()], 10);
        assert_eq!(sent.len(), 60);
        for client in 0..3 {
            let times: Vec<_> =
                sent.iter().filter(|arrival| arrival.client == Some(client)).collect();
            for pair in times.windows(2) {
                assert!((pair[1].at - pair[0].at).abs_diff(SECOND / 2) <= 1);
            }
        }
    }

    #[test]
    fn a_burst_is_one_client_at_one_moment() {
        let sent = arrivals(&[honest("50x10/s burst 4").unwrap()], 20);
        for burst in sent.chunks_exact(4) {
            assert!(burst.iter().all(|arrival| arrival.at == burst[0].at));
            assert!(burst.iter().all(|arrival| arrival.client == burst[0].client));
        }
        let moments: HashSet<_> = sent.iter().map(|arrival| arrival.at).collect();
        assert!(moments.len() >= sent.len() / 4);
    }

    #[test]
    fn hostile_addresses_are_what_their_words_say() {
        // Text, addresses, clients by the limiter's own rule.
        for (text, addresses, clients) in [
            ("greedy:1000/s steady", 1000, 1),
            ("flood:7x1000/s steady", 7000, 7),
            ("rotate:1000/s steady", 1000, 1000),
            ("rotate/64:1000/s steady", 1000, 1),
            ("rotate/56:1000/s steady", 1000, 256),
            ("rotate/48:1000/s burst 10", 0, 0),
        ] {
            let sent = arrivals(&[hostile(text).unwrap()], 1);
            let seen: HashSet<_> = sent.iter().map(|arrival| arrival.address.ip()).collect();
            let told: HashSet<_> = sent.iter().map(|arrival| arrival.address.identity()).collect();
            let known: HashSet<_> = sent.iter().map(|arrival| arrival.client).collect();
            let addresses = if addresses == 0 { sent.len() } else { addresses };
            let clients = if clients == 0 { sent.len() } else { clients };
            assert_eq!((seen.len(), told.len()), (addresses, clients), "{text}");
            let known_alike = known == HashSet::from([None]) || known.len() == clients;
            assert!(known_alike, "{text}: {}", known.len());
        }
    }

    #[test]
    fn groups_are_strangers_and_do_not_disturb_one_another() {
        let first = honest("5x10/s").unwrap();
        let alone = arrivals(&[first], 10);
        let both = arrivals(&[first, hostile("rotate:100/s").unwrap(), first], 10);
        let mine: Vec<_> = both.iter().filter(|arrival| arrival.group == 0).copied().collect();
        assert_eq!(mine, alone);
        let of = |group| {
            let arrivals = both.iter().filter(move |arrival| arrival.group == group);
            arrivals.map(|arrival| arrival.address.identity()).collect::<HashSet<_>>()
        };
        assert!(
            of(0).is_disjoint(&of(1)) && of(1).is_disjoint(&of(2)) && of(0).is_disjoint(&of(2))
        );
        assert!(both.is_sorted_by_key(|arrival| arrival.at));
    }
}
