use std::io;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use tracing::subscriber::{set_global_default, with_default};
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// Runs `run` with `subscriber` for this thread alone, and lets it hear all that `run` logs.
///
/// `tracing` remembers of each place that logs whether anybody wants to hear it. While the process
/// has one subscriber it asks the thread that comes by first, and where that is another test's,
/// which listens to nothing, this thread would never hear of the place. A default that hears
/// nothing, yet says that it might, keeps the question open.
pub fn heard_by<T>(
    subscriber: impl Subscriber + Send + Sync + 'static,
    run: impl FnOnce() -> T,
) -> T {
    static OPEN: Once = Once::new();
    OPEN.call_once(|| {
        let nothing = dynamic_filter_fn(|_, _| false).with_max_level_hint(LevelFilter::OFF);
        // A program that set a default of its own has kept the question open itself.
        let _ = set_global_default(tracing_subscriber::registry().with(nothing));
    });
    with_default(subscriber, run)
}

/// Keeps what is logged, to look for canaries in it. Clones share the text.
///
/// ```
/// use rempart_testing::Capture;
///
/// let capture = Capture::default();
/// capture.within(|| tracing::warn!(target: "rempart", reason = "mismatch"));
/// assert!(capture.text().contains("reason=\"mismatch\""));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// Runs `run` with a subscriber for this thread that writes every level here, as text without
    /// time or colours.
    pub fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(self.clone())
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .without_time()
            .finish();
        heard_by(subscriber, run)
    }

    /// What was logged so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock()).into_owned()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Capture {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
