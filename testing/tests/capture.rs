//! What is logged on the test's thread is heard, whoever else logs.

use rempart_testing::Capture;

#[test]
fn a_thread_without_ears_that_comes_first_silences_nothing() {
    let say = || tracing::warn!("said");
    let capture = Capture::default();
    capture.within(|| {
        std::thread::spawn(say).join().unwrap();
        assert_eq!(capture.text(), "");
        say();
    });
    assert!(capture.text().contains("said"), "{}", capture.text());
}
