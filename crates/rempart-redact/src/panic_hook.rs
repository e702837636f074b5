use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::Write;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::Redactor;

/// A hook that was in force before another.
pub type PreviousHook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync + 'static>;

/// Makes every panic of the process one redacted report on `sink`.
///
/// The message of a panic is made of whatever the code held at that moment; the standard hook
/// prints it as it is. This hook takes its place and gives it back: whoever calls it from a hook of
/// their own hands it the message as it is.
///
/// ```no_run
/// use rempart_redact::{Policy, Redactor, install_panic_hook};
///
/// # fn main() -> Result<(), rempart_redact::ConfigErrors> {
/// let redactor = Redactor::new(Policy::builder("logs").build()?);
/// let _silenced = install_panic_hook(redactor, std::io::stderr());
/// # Ok(())
/// # }
/// ```
pub fn install_panic_hook(redactor: Redactor, sink: impl Write + Send + 'static) -> PreviousHook {
    let sink = Mutex::new(sink);
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let report = panic_report(&redactor, info);
        // A sink that panicked while it wrote is tried again.
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, and nobody to tell if it fails.
        let _ = sink.write_all(report.as_bytes());
        let _ = sink.flush();
    }));
    previous
}

/// What the hook writes: thread, place and message, redacted, on one line; below it the backtrace,
/// if `RUST_BACKTRACE` asks for one. For those who write hooks themselves.
#[must_use]
pub fn panic_report(redactor: &Redactor, info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)");
    let current = thread::current();
    let mut head = format!("thread '{}' panicked", current.name().unwrap_or("<unnamed>"));
    if let Some(place) = info.location() {
        // Writing to a string cannot fail.
        let _ = write!(head, " at {place}");
    }
    let _ = write!(head, ": {message}");
    let mut report = redactor.redact_line(&head).into_owned();
    report.push('\n');
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        report.push_str(&redactor.redact(&backtrace.to_string()));
    }
    report
}
