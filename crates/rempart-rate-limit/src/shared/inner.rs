use std::sync::atomic::{AtomicU64, Ordering};

use rempart_core::SharedClock;
use tracing::{Level, event};

use super::breaker::{Breaker, Change, Pass};
use super::builder::OnStoreError;
use super::denials::Denials;
use super::job::{Job, Task};
use super::key::Keying;
use super::leases::{Granted, Leases};
use super::local::{Share, Shared};
use super::outcome::Held;
use super::reply::Reply;
use super::server::Server;
use super::{Answer, Authority, Charge, Charges, Outcome, Receipt, Refunded};

/// What all clones of a store have in common: who decides, and in which order they are asked.
pub(super) struct Inner {
    pub(super) server: Server,
    pub(super) breaker: Breaker,
    pub(super) keying: Keying,
    pub(super) prefix: Box<str>,
    pub(super) cluster: bool,
    pub(super) instances: u32,
    pub(super) on_store_error: OnStoreError,
    pub(super) share: Share,
    pub(super) denials: Denials,
    pub(super) leases: Leases,
    pub(super) clock: SharedClock,
    pub(super) faults: AtomicU64,
}

impl Inner {
    /// Decides without the server, if that can be done.
    pub(super) fn decide_now(&self, charges: &Charges) -> Option<Outcome> {
        let now = self.clock.ticks();
        if let Some(answers) = self.denials.recall(charges, now) {
            return Some(Outcome::Refused { answers, by: Authority::Denials });
        }
        let (answers, numbers) = self.leases.spend(charges, now)?;
        let held = Held::Lease(numbers);
        Some(self.allow(charges.clone(), answers, held, Authority::Lease))
    }

    pub(super) async fn ask(&self, charges: Charges) -> Outcome {
        self.ask_for(charges, true).await
    }

    /// Asks the server, and for leases too where some may be spent later.
    async fn ask_for(&self, charges: Charges, leases: bool) -> Outcome {
        let now = self.clock.ticks();
        let Some(pass) = self.breaker.pass(now) else { return self.alone(charges) };
        let asked = self.denials.asked(&charges, now);
        let none = || vec![(0, 0); charges.len()];
        let reserved = if leases { self.leases.reserve(&charges, now) } else { none() };
        let reserving = Reserving { leases: &self.leases, charges: &charges, reserved: &reserved };
        let wanted = reserved.iter().map(|(requests, _)| *requests);
        let task = Task::decide(&charges, self.instances, wanted);
        let numbers = self.server.run(self.job(&charges, task)).await;
        let Some(reply) = numbers.and_then(|numbers| Reply::read(&numbers, &charges)) else {
            self.failed(pass);
            drop(reserving);
            return self.alone(charges);
        };
        tell(pass.answered());
        if !reply.allowed {
            drop(reserving);
            self.denials.remember(&charges, &reply.answers, asked);
            return Outcome::Refused { answers: reply.answers, by: Authority::Server };
        }
        self.keep_leases(&charges, &reserved, &reply, now);
        drop(reserving);
        self.allow(charges, reply.answers, Held::Server(reply.marks), Authority::Server)
    }

    fn keep_leases(&self, charges: &Charges, reserved: &[(u32, u64)], reply: &Reply, now: u64) {
        let granted = reply.marks.iter().zip(&reply.leased).zip(&reply.answers);
        for ((charge, (_, number)), ((until, requests), answer)) in
            charges.iter().zip(reserved).zip(granted)
        {
            let until = until.saturating_add(charge.limit.rule().charge(*requests));
            let granted = Granted { requests: *requests, until, answer: *answer };
            self.leases.keep(charge, *number, &granted, now);
        }
    }

    /// Lets a request go on, which this instance's share is charged for, whoever allowed it.
    fn allow(&self, charges: Charges, answers: Vec<Answer>, held: Held, by: Authority) -> Outcome {
        let local = self.share.charge(&charges, || self.clock.ticks());
        Outcome::Allowed { answers, receipt: Receipt { charges, held, local, by } }
    }

    /// Decides as it was told to when the server cannot be asked.
    fn alone(&self, charges: Charges) -> Outcome {
        match self.on_store_error {
            OnStoreError::Closed => Outcome::Unavailable,
            OnStoreError::DangerouslyOpen => {
                self.allow(charges, vec![], Held::Nowhere, Authority::Nobody)
            }
            OnStoreError::Local => match self.share.decide(&charges, || self.clock.ticks()) {
                Shared::Allowed { answers, owed } => {
                    let (held, by) = (Held::Nowhere, Authority::Local);
                    let receipt = Receipt { charges, held, local: owed, by };
                    Outcome::Allowed { answers, receipt }
                }
                Shared::Refused { answers } => Outcome::Refused { answers, by: Authority::Local },
                Shared::TooDear => Outcome::Unavailable,
            },
        }
    }

    pub(super) async fn refund(&self, receipt: Receipt) -> Refunded {
        let Receipt { charges, held, local, .. } = receipt;
        self.share.refund(&charges, &local, self.clock.ticks());
        let refunded = match held {
            Held::Server(marks) => self.refund_all(&charges, &marks).await,
            Held::Lease(numbers) => {
                let given = self.leases.put_back(&charges, &numbers, self.clock.ticks());
                if given { Refunded::Given } else { Refunded::Nothing }
            }
            Held::Nowhere => Refunded::Nothing,
        };
        // Also when nobody knows what the server did.
        self.denials.forget(&charges);
        refunded
    }

    pub(super) async fn settle(&self, receipt: Receipt, cost: u32) {
        let charged: Vec<_> = receipt.charges.iter().copied().collect();
        if let Some(spare) = receipt.beyond(cost)
            && spare.charges.iter().any(|charge| charge.cost > 0)
        {
            self.refund(spare).await;
        }
        for charge in charged {
            self.owe(charge, cost.saturating_sub(charge.cost)).await;
        }
    }

    /// Charges what a request has cost beyond what was charged before it, as far as there is room.
    async fn owe(&self, charge: Charge, cost: u32) {
        let limit = charge.limit.of_settling();
        let mut cost = cost.min(limit.rule().size());
        // Once more at most: who has charged meanwhile has used the room.
        for _ in 0..2 {
            let charge = Charge { limit, cost, ..charge };
            let Ok(charges) = Charges::new(&[charge]) else { return };
            if cost == 0 {
                return;
            }
            // Neither what is leased is spent, nor is more: both are of requests that are to come.
            cost = match self.ask_for(charges.clone(), false).await {
                Outcome::Allowed { .. } => return,
                Outcome::Refused { answers, .. } => {
                    answers.first().map_or(0, |answer| answer.remaining)
                }
                Outcome::Unavailable => {
                    self.share.charge(&charges, || self.clock.ticks());
                    return;
                }
            };
        }
    }

    async fn refund_all(&self, charges: &Charges, marks: &[u64]) -> Refunded {
        let job = self.job(charges, Task::refund(charges, marks));
        let Some(pass) = self.breaker.pass(self.clock.ticks()) else {
            return Refunded::Unavailable;
        };
        match self.server.run(job).await.as_deref() {
            Some([given]) if usize::try_from(*given).is_ok_and(|n| n <= charges.len()) => {
                tell(pass.answered());
                if *given > 0 { Refunded::Given } else { Refunded::Nothing }
            }
            _ => {
                self.failed(pass);
                Refunded::Unavailable
            }
        }
    }

    pub(super) async fn reset(&self, charge: &Charge) -> bool {
        self.share.reset(charge, self.clock.ticks());
        let done = self.forget(Job { keys: vec![self.name(charge)], task: Task::Reset }).await;
        self.leases.drop_one(charge);
        self.denials.forget([charge]);
        done
    }

    async fn forget(&self, job: Job) -> bool {
        let Some(pass) = self.breaker.pass(self.clock.ticks()) else { return false };
        let done = matches!(self.server.run(job).await.as_deref(), Some([_]));
        if done {
            tell(pass.answered());
        } else {
            self.failed(pass);
        }
        done
    }

    fn failed(&self, pass: Pass<'_>) {
        self.faults.fetch_add(1, Ordering::Relaxed);
        tell(pass.failed(self.clock.ticks()));
    }

    pub(super) async fn return_leases(&self) -> usize {
        let mut returned = 0_usize;
        for unspent in self.leases.give_up(self.clock.ticks()) {
            let Ok(charges) = Charges::new(&[unspent.charge]) else { continue };
            match self.refund_all(&charges, &[unspent.until]).await {
                Refunded::Given => returned = returned.saturating_add(1),
                Refunded::Nothing => {}
                // The others would wait for a deadline each; all end within a second.
                Refunded::Unavailable => break,
            }
        }
        returned
    }

    fn job(&self, charges: &Charges, task: Task) -> Job {
        Job { keys: charges.iter().map(|charge| self.name(charge)).collect(), task }
    }

    /// What is within braces alone says on which server of a cluster a key is: all limits that
    /// charge one client are on one.
    fn name(&self, charge: &Charge) -> String {
        let (policy, limit, key) = charge.account();
        format!("{}:{{{key}}}:{policy}:{limit}", self.prefix)
    }
}

/// Leases that are asked for; what came of none is free to be asked for again.
struct Reserving<'a> {
    leases: &'a Leases,
    charges: &'a Charges,
    reserved: &'a [(u32, u64)],
}

impl Drop for Reserving<'_> {
    fn drop(&mut self) {
        self.leases.release(self.charges, self.reserved);
    }
}

/// One line in the log for each change, and none for each request.
fn tell(change: Option<Change>) {
    match change {
        Some(Change::Lost) => event!(
            target: "rempart",
            Level::WARN,
            event.name = "rate_limit.store_lost",
            reason = "backend_unavailable",
            "the store of shared limits does not answer",
        ),
        Some(Change::Back) => event!(
            target: "rempart",
            Level::WARN,
            event.name = "rate_limit.store_back",
            "the store of shared limits answers again",
        ),
        None => {}
    }
}
