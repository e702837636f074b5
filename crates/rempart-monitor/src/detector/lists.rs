use std::collections::HashMap;

use super::record::{Moment, Record};
use super::who::{CLIENT, NETWORK, Who};
use super::{AnomalyDetector, Standing, Tables};

/// For a page or a gauge, not for a request: each visits the whole table, a line at a time.
impl AnomalyDetector {
    /// The clients with the most requests a second, at most this many, the busiest first.
    #[must_use]
    pub fn busiest(&self, most: usize) -> Vec<Standing> {
        self.clients(Top { most, rank: |standing| standing.rate, list: Vec::new() })
    }

    /// The networks (IPv4 /24, IPv6 /48) whose clients together have the most requests a second,
    /// at most this many, the busiest first.
    #[must_use]
    pub fn busiest_networks(&self, most: usize) -> Vec<Standing> {
        let (now, policy) = (self.now(), self.policy());
        let Tables { networks, .. } = &*self.0.tables;
        let mut rates: HashMap<Who, f64> = HashMap::new();
        self.each_live(now, |who, record| {
            *rates.entry(NETWORK.of(who.address())).or_default() += record.rate(now);
        });
        let mut top = Top { most, rank: |standing| standing.rate, list: Vec::new() };
        for (who, rate) in rates {
            let record = networks.known(who, |record| *record).unwrap_or_default();
            let standing = Standing::of(NETWORK.prefix(who), &record, now, policy.networks());
            top.offer(Standing { rate, ..standing });
        }
        top.list
    }

    /// The clients with the highest scores, at most this many, the worst first; none whose score
    /// has leaked away.
    #[must_use]
    pub fn worst(&self, most: usize) -> Vec<Standing> {
        self.clients(Top { most, rank: |standing| standing.score, list: Vec::new() })
    }

    /// How many clients have a score, or asked for something in the last ten to twenty seconds.
    #[must_use]
    pub fn tracked(&self) -> usize {
        let mut tracked = 0_usize;
        self.each_live(self.now(), |_, _| tracked = tracked.saturating_add(1));
        tracked
    }

    fn clients(&self, mut top: Top) -> Vec<Standing> {
        let (now, policy) = (self.now(), self.policy());
        self.each_live(now, |who, record| {
            top.offer(Standing::of(CLIENT.prefix(who), record, now, policy.clients()));
        });
        top.list
    }

    fn each_live(&self, now: Moment, mut visit: impl FnMut(Who, &Record)) {
        self.0.tables.clients.each(|who, record| {
            if record.is_live(now) {
                visit(who, record);
            }
        });
    }
}

/// The highest of all that are offered, the highest first.
struct Top {
    most: usize,
    rank: fn(&Standing) -> f64,
    list: Vec<Standing>,
}

impl Top {
    fn offer(&mut self, standing: Standing) {
        let rank = (self.rank)(&standing);
        let place = self.list.partition_point(|other| (self.rank)(other) >= rank);
        if rank > 0.0 && place < self.most {
            self.list.truncate(self.most.saturating_sub(1));
            self.list.insert(place, standing);
        }
    }
}
