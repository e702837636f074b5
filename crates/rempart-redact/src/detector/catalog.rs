//! The detectors that come with the crate, as data.
//!
//! Three rules hold for every pattern. It takes the token to its end, because a tail left behind is
//! a leak. No checksum stands in the way of a secret, because a damaged one is still one; checksums
//! tell digits apart, nothing else. It reads the escaped forms too: a quote may be `\"` or `%22`, a
//! separator `%3D`, because JSON within JSON and forms within logs are everyday.

mod access;
mod cloud;
mod people;
mod services;

use super::Detector;

/// Every detector, optional ones included.
pub(crate) fn all() -> impl Iterator<Item = Detector> {
    [services::DETECTORS, cloud::DETECTORS, access::DETECTORS, people::DETECTORS]
        .into_iter()
        .flatten()
        .copied()
}

/// Between a name and its value: quotes, `:` or `=` or `=>`, quotes; each as it stands or escaped.
macro_rules! assigned {
    () => {
        r#"(?:["'\\]|%22){0,4}\s{0,3}(?:[:=]|=>|%3[AaDd])\s{0,3}(?:["'\\]|%22){0,4}"#
    };
}
/// The end of a token of fixed length. An underscore goes with it: to `\b` it is a letter.
macro_rules! end {
    () => {
        r"(?:\b|_)"
    };
}
use {assigned, end};
