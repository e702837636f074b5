use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::{Certificate, CertificateFetcher, CertificateUrl, FetchingCertificate};

/// The certificates that are known, and those that are on their way.
///
/// What anybody can cause is bounded: so many are fetched at once, one URL once, and what was no
/// certificate is not fetched again at once. Only what is a certificate of the sender's host pushes
/// out another.
pub(crate) struct Certificates {
    fetcher: Box<dyn CertificateFetcher>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    good: BTreeMap<CertificateUrl, (Arc<Certificate>, u64)>,
    bad: BTreeMap<CertificateUrl, Duration>,
    fetching: BTreeMap<CertificateUrl, Arc<Fetch>>,
    uses: u64,
}

/// What became of a look-up: the certificate, or why there is none now.
pub(crate) type Found = Option<Arc<Certificate>>;

pub(crate) enum LookUp {
    Done(Found),
    Fetching(Arc<Fetch>),
}

impl Certificates {
    /// The most certificates that are kept.
    pub(crate) const MAX_GOOD: usize = 32;
    /// The most URLs that are remembered to be of no use.
    pub(crate) const MAX_BAD: usize = 64;
    /// The most that are fetched at once.
    pub(crate) const MAX_FETCHING: usize = 4;
    /// How long a URL of no use is not asked again.
    pub(crate) const BAD_FOR: Duration = Duration::from_secs(30);
    /// How long one is waited for before it may be asked again.
    pub(crate) const FETCHING_FOR: Duration = Duration::from_secs(10);

    pub(crate) fn new(fetcher: Box<dyn CertificateFetcher>) -> Self {
        Self { fetcher, known: Mutex::default() }
    }

    pub(crate) fn look_up(&self, url: &CertificateUrl, now: Duration) -> LookUp {
        let mut known = self.known();
        known.uses = known.uses.saturating_add(1);
        let uses = known.uses;
        if let Some((certificate, used)) = known.good.get_mut(url) {
            *used = uses;
            return LookUp::Done(Some(Arc::clone(certificate)));
        }
        known.bad.retain(|_, since| now.saturating_sub(*since) < Self::BAD_FOR);
        known.fetching.retain(|_, fetch| now.saturating_sub(fetch.since) < Self::FETCHING_FOR);
        if known.bad.contains_key(url) {
            return LookUp::Done(None);
        }
        if let Some(fetch) = known.fetching.get(url) {
            return LookUp::Fetching(Arc::clone(fetch));
        }
        if known.fetching.len() >= Self::MAX_FETCHING {
            return LookUp::Done(None);
        }
        let fetch = Arc::new(Fetch::new(self.fetcher.fetch(url.clone()), now));
        known.fetching.insert(url.clone(), Arc::clone(&fetch));
        LookUp::Fetching(fetch)
    }

    /// Keeps what became of a URL; whoever waited for it says so, and the first is heard.
    pub(crate) fn settle(
        &self,
        url: &CertificateUrl,
        fetch: &Arc<Fetch>,
        found: &Found,
        now: Duration,
    ) {
        let mut known = self.known();
        if !known.fetching.get(url).is_some_and(|under_way| Arc::ptr_eq(under_way, fetch)) {
            return;
        }
        known.fetching.remove(url);
        let uses = known.uses;
        match found {
            Some(certificate) => {
                if known.good.len() >= Self::MAX_GOOD {
                    let oldest = known.good.iter().min_by_key(|(_, (_, used))| *used);
                    if let Some(oldest) = oldest.map(|(url, _)| url.clone()) {
                        known.good.remove(&oldest);
                    }
                }
                known.good.insert(url.clone(), (Arc::clone(certificate), uses));
            }
            None if known.bad.len() < Self::MAX_BAD => {
                known.bad.insert(url.clone(), now);
            }
            None => {}
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known().good.keys()).finish()
    }
}

/// A certificate on its way, for everybody who waits for it.
pub(crate) struct Fetch {
    since: Duration,
    state: Mutex<State>,
    waiters: Arc<Waiters>,
}

enum State {
    Done(Found),
    Fetching(FetchingCertificate),
}

impl Fetch {
    fn new(fetching: FetchingCertificate, since: Duration) -> Self {
        Self { since, state: Mutex::new(State::Fetching(fetching)), waiters: Arc::default() }
    }

    /// Polls it on behalf of all: whoever is there is woken when there is more to do.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Found> {
        // Before the poll, so that no wake-up is missed.
        self.waiters.add(cx.waker());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match &mut *state {
            State::Done(found) => found.clone(),
            State::Fetching(fetching) => {
                let waker = Waker::from(Arc::clone(&self.waiters));
                match Pin::as_mut(fetching).poll(&mut Context::from_waker(&waker)) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(fetched) => {
                        fetched.ok().and_then(|pem| Certificate::read(&pem)).map(Arc::new)
                    }
                }
            }
        };
        *state = State::Done(found.clone());
        drop(state);
        self.waiters.wake_all();
        Poll::Ready(found)
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch").field("since", &self.since).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Waiters(Mutex<Vec<Waker>>);

impl Waiters {
    fn add(&self, waker: &Waker) {
        let mut waiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiters.iter().any(|waiter| waiter.will_wake(waker)) {
            waiters.push(waker.clone());
        }
    }

    fn wake_all(&self) {
        let waiters = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        waiters.into_iter().for_each(Waker::wake);
    }
}

impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}
