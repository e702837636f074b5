//! How long signatures took: for each minute a bar from the median to the 99th of a hundred, on a
//! scale on which every line is ten times the one below.

use std::ops::Range;
use std::time::Duration;

use maud::{Markup, html};

use super::alerts::SIGNATURE_LATENCY;
use super::card::Card;
use super::hour::{Hour, LATELY};
use super::plot::{self, Frame, HEIGHT, MINUTES, bar, threshold};
use super::words::{counted, number, short};

pub(super) fn latency(hour: &Hour<'_>) -> Markup {
    let percentile = |minutes: Range<usize>, hundredths| {
        hour.figures(minutes).and_then(|figures| figures.signature_percentile(hundredths))
    };
    let timed = |minutes| hour.figures(minutes).map_or(0, |figures| figures.signatures_timed());
    let card = Card {
        id: "latency",
        title: "Signature verification",
        big: told(percentile(LATELY, 99)),
        unit: "p99 in 5 min",
    };
    let nothing = "No signature was looked at in the last hour.";
    let all = timed(0..MINUTES);
    let [median, slow] = [50, 99].map(|hundredths| percentile(0..MINUTES, hundredths));
    let said = format!(
        "In the last hour {} took {} in the median, and {} at the 99th percentile.",
        counted(all, "signature", "signatures"),
        told(median),
        told(slow),
    );
    let frame = Frame {
        id: card.id,
        title: "How long the verification of signatures took, by the minute",
        said: if all > 0 { &said } else { nothing },
        labels: &["100 ms", "10 ms", "1 ms", "100 µs", "10 µs", "1 µs"].map(str::to_owned),
        empty: (all == 0).then_some(nothing),
    };
    let cells = |minutes: Range<usize>| {
        let [median, slow] =
            [50, 99].map(|hundredths| told(percentile(minutes.clone(), hundredths)));
        vec![number(timed(minutes)), median, slow]
    };
    let tip = |nth: usize| {
        let one = || nth..nth.saturating_add(1);
        let [median, slow] = [50, 99].map(|hundredths| told(percentile(one(), hundredths)));
        let signatures = counted(timed(one()), "signature", "signatures");
        format!("{}: {signatures}, p50 {median}, p99 {slow}", hour.minute(nth))
    };
    let bars = (0..MINUTES).filter_map(|nth| {
        let at = |hundredths| percentile(nth..nth.saturating_add(1), hundredths).map(height);
        Some((nth, at(50)?, at(99)?))
    });
    card.around(&html! {
        (frame.around(&hour.axis, tip, &drawing(bars)))
        ul .legend {
            li { (swatch("median", "11")) "p50 " (data("latency-p50", median)) }
            li { (swatch("slow", "0")) "p99 " (data("latency-p99", slow)) }
            (plot::limit("alert: p99 of 5 ms"))
        }
        (plot::table(card.id, &hour.axis, &["Signatures", "p50", "p99"], cells))
    })
}

/// For each minute, the heights of its median and of its 99th percentile.
fn drawing(bars: impl Iterator<Item = (usize, f64, f64)>) -> Markup {
    let (mut spans, mut medians, mut slows) = (String::new(), String::new(), String::new());
    for (nth, median, slow) in bars {
        bar(&mut spans, nth, median, slow);
        bar(&mut medians, nth, median - MARK, median + MARK);
        bar(&mut slows, nth, slow - MARK, slow + MARK);
    }
    html! {
        @for (class, path) in [("span", spans), ("median", medians), ("slow", slows)] {
            @if !path.is_empty() { path class=(class) d=(path) {} }
        }
        (threshold(height(SIGNATURE_LATENCY)))
    }
}

/// Half of what a mark is tall.
const MARK: f64 = 2.0;

/// Where a duration stands between the microsecond at the bottom and the tenth of a second at the
/// top, five decades above it.
fn height(duration: Duration) -> f64 {
    let micros = (duration.as_secs_f64() * 1e6).max(1.0);
    (HEIGHT * micros.log10() / 5.0).clamp(MARK, HEIGHT - MARK)
}

fn told(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "–".to_owned(), short)
}

/// The mark of a percentile, at its end of the bar.
fn swatch(key: &str, y: &str) -> Markup {
    html! {
        svg .swatch viewBox="0 0 14 14" aria-hidden="true" {
            rect .span x="3" width="8" height="14" {}
            rect class=(key) y=(y) x="3" width="8" height="3" {}
        }
    }
}

/// A duration that a program reads in nanoseconds.
fn data(id: &str, duration: Option<Duration>) -> Markup {
    let nanos = duration.map_or_else(String::new, |duration| duration.as_nanos().to_string());
    html! { data id=(id) value=(nanos) { (told(duration)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_ten_times_the_one_below() {
        for (nanos, want) in [
            (100, MARK),
            (1_000, MARK),
            (10_000, 40.0),
            (100_000, 80.0),
            (1_000_000, 120.0),
            (10_000_000, 160.0),
            (100_000_000, HEIGHT - MARK),
            (1_000_000_000, HEIGHT - MARK),
        ] {
            let stands = height(Duration::from_nanos(nanos));
            assert!((stands - want).abs() < 1e-6, "{nanos} ns at {stands}");
        }
    }
}
