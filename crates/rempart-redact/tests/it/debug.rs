use std::fmt::Debug;
use std::io::Write;

use rempart_keys::{KeyId, Secret};
use rempart_redact::{AccessLogLayer, Detector, Policy, RedactMakeWriter, RedactWriter, Redactor};
use rempart_testing::canary;
use tower::Layer;
use tracing_subscriber::fmt::MakeWriter;

use crate::{CANARY, canary};

#[track_caller]
fn shows_nothing(value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        canary::assert_absent(&text, CANARY);
        canary::assert_absent(&text, "another made-up value");
        assert!(!text.is_empty());
    }
}

#[test]
fn no_public_type_shows_a_secret() {
    let other = Secret::new("another made-up value").unwrap();
    let builder = Policy::builder("logs")
        .secret("CANARY", &canary())
        .pseudonyms(KeyId::new("k").unwrap(), &other);
    shows_nothing(&builder);
    let policy = builder.clone().build().unwrap();
    shows_nothing(&policy);
    let live = rempart_core::Live::new(policy.clone());
    shows_nothing(&live);
    let redactor = Redactor::new(live);
    shows_nothing(&redactor);
    let layer = AccessLogLayer::new(policy.clone());
    shows_nothing(&layer);
    shows_nothing(&layer.layer(()));
    let mut writer = RedactWriter::new(redactor.clone(), Vec::new());
    writer.write_all(CANARY.as_bytes()).unwrap();
    shows_nothing(&writer);
    let make = RedactMakeWriter::new(redactor, std::io::sink);
    shows_nothing(&make);
    let mut record = make.make_writer();
    record.write_all(CANARY.as_bytes()).unwrap();
    shows_nothing(&record);
    let faulty = builder.secret("a name", &other).max_record(1).build().unwrap_err();
    shows_nothing(&faulty);
    shows_nothing(&Detector::catalog().next());
}

#[test]
fn what_is_shared_is_small_and_may_be_shared() {
    fn size<T: Send + Sync + Clone + 'static>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size::<Policy>(), size_of::<usize>());
    assert_eq!(size::<AccessLogLayer>(), size_of::<usize>());
    assert_eq!(size::<Redactor>(), 2 * size_of::<usize>());
}
