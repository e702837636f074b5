use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use rempart_core::{Event, EventKind, Observers, Outcome, PolicyName, Reason};
use rempart_monitor::{Exporter, Metrics};

use crate::{Case, Ceiling, Runner, Side};

const RIVAL: &str = "metrics 0.24, by name";

fn policy() -> PolicyName {
    PolicyName::new("vapi").expect("a name")
}

/// A refusal, as a layer tells it.
fn refusal(policy: &PolicyName) -> Event<'_> {
    Event::new(EventKind::Signature, Outcome::Refused, policy).reason(Reason::Mismatch)
}

/// What a layer does before it tells anybody.
fn event() -> Runner {
    let policy = policy();
    let event = move || {
        black_box(&refusal(black_box(&policy)));
    };
    Runner::new(event, |()| String::new())
}

fn timed_event() -> Runner {
    let policy = policy();
    let event = move || {
        black_box(&refusal(black_box(&policy)).elapsed(black_box(ELAPSED)));
    };
    Runner::new(event, |()| String::new())
}

/// Tells the log, which nobody reads.
fn unheard() -> Runner {
    let (observers, policy) = (Observers::default(), policy());
    let tell = move || observers.emit(black_box(&refusal(black_box(&policy))));
    Runner::new(tell, |()| "told".to_owned())
}

fn counted() -> Runner {
    let (exporter, policy) = (Exporter::new(), policy());
    let observers = Observers::from(Metrics::new(exporter.clone()));
    let tell = move || observers.emit(black_box(&refusal(black_box(&policy))));
    Runner::new(tell, move |()| shown(&exporter.render(), COUNTER))
}

fn timed() -> Runner {
    let (exporter, policy) = (Exporter::new(), policy());
    let observers = Observers::from(Metrics::new(exporter.clone()));
    let tell = move || {
        observers.emit(black_box(&refusal(black_box(&policy)).elapsed(black_box(ELAPSED))));
    };
    Runner::new(tell, move |()| shown(&exporter.render(), BUCKET))
}

/// The same by the macro, which looks the series up each time: what is at hand without handles.
fn counted_by_name() -> Runner {
    let (exporter, policy) = (installed(), policy());
    let tell = move || count_by_name(&refusal(black_box(&policy)));
    Runner::new(tell, move |()| shown(&exporter.render(), COUNTER))
}

fn timed_by_name() -> Runner {
    let (exporter, policy) = (installed(), policy());
    let tell = move || {
        let event = refusal(black_box(&policy)).elapsed(black_box(ELAPSED));
        count_by_name(&event);
        metrics::histogram!(
            Metrics::HISTOGRAM,
            "policy" => event.policy.as_str().to_owned(),
            "outcome" => event.outcome.as_str(),
        )
        .record(ELAPSED.as_secs_f64());
    };
    Runner::new(tell, move |()| shown(&exporter.render(), BUCKET))
}

fn count_by_name(event: &Event<'_>) {
    metrics::counter!(
        COUNTER,
        "policy" => event.policy.as_str().to_owned(),
        "outcome" => event.outcome.as_str(),
        "reason" => event.reason.map_or("none", Reason::as_str),
    )
    .increment(1);
}

/// The recorder that macros find: the process has one.
fn installed() -> PrometheusHandle {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || {
        let name = Matcher::Full(Metrics::HISTOGRAM.to_owned());
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets_for_metric(name, &Metrics::BUCKETS).expect("buckets");
        builder.install_recorder().expect("the first recorder")
    };
    INSTALLED.get_or_init(install).clone()
}

/// The series of a metric that count something, without how much: the installed recorder has
/// counted before.
fn shown(page: &str, metric: &str) -> String {
    let lines = page.lines().filter(|line| line.starts_with(metric) && !line.ends_with(" 0"));
    lines.filter_map(|line| line.rsplit_once(' ')).map(|(series, _)| series).collect()
}

const COUNTER: &str = "rempart_signature_verifications_total";
const BUCKET: &str = "rempart_signature_verification_duration_seconds_bucket";
const ELAPSED: Duration = Duration::from_micros(7);

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "monitor/emit/unheard",
            bare: Side::new("the event alone", event),
            ours: Side::new("rempart-core", unheard),
            rival: None,
            projection: "that it was told",
            ceilings: vec![Ceiling::Allocations(0.0), Ceiling::Instructions(40.0)],
        },
        Case {
            name: "monitor/metrics/counted",
            bare: Side::new("the event alone", event),
            ours: Side::new("rempart-monitor", counted),
            rival: Some(Side::new(RIVAL, counted_by_name)),
            projection: "the series that counts it",
            ceilings: vec![
                Ceiling::Allocations(0.0),
                Ceiling::Instructions(140.0),
                Ceiling::InstructionsOfRival(0.1),
                Ceiling::TimeOfRival(0.3),
            ],
        },
        Case {
            name: "monitor/metrics/timed",
            bare: Side::new("the event alone", timed_event),
            ours: Side::new("rempart-monitor", timed),
            rival: Some(Side::new(RIVAL, timed_by_name)),
            projection: "the buckets that hold it",
            ceilings: vec![
                Ceiling::Allocations(0.0),
                Ceiling::Instructions(270.0),
                Ceiling::InstructionsOfRival(0.1),
                Ceiling::TimeOfRival(0.3),
            ],
        },
    ]
}
