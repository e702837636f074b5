//! Drawing: stacks of minutes, a frame with its axes, the words for those who do not see it.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use maud::{Markup, html};

use super::words::{float, minute, number};

/// Of a drawing, in its own units; it is stretched to the room that there is.
pub(super) const WIDTH: f64 = 600.0;
pub(super) const HEIGHT: f64 = 200.0;

/// How many minutes a plot shows.
pub(super) const MINUTES: usize = 60;

/// What one minute is wide, and what of that is left free at either side.
const STEP: f64 = 10.0;
const GAP: f64 = 1.0;

/// The least that is drawn of something that is not nothing.
const LEAST: f64 = 3.0;

/// When the minutes of the plots began, and from which on there is anything to tell.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) starts: Vec<Duration>,
    pub(super) first_known: usize,
}

/// One of several kinds of things that are counted by the minute.
pub(super) struct Series {
    /// Both its name in the style sheet and in the page.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) counts: Vec<u64>,
}

/// How tall a stack is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tall {
    /// As tall as its counts, on a scale up to this.
    Counts(u64),
    /// As the frame, whatever its counts: shares.
    Shares,
}

impl Series {
    pub(super) fn sum(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn at(&self, minute: usize) -> u64 {
        self.counts.get(minute).copied().unwrap_or_default()
    }
}

/// What all the series are in a minute.
pub(super) fn total(series: &[Series], minute: usize) -> u64 {
    series.iter().fold(0, |sum, one| sum.saturating_add(one.at(minute)))
}

/// The tallest minute.
pub(super) fn tallest(series: &[Series]) -> (usize, u64) {
    let totals = (0..MINUTES).map(|minute| (minute, total(series, minute)));
    totals.max_by_key(|(minute, total)| (*total, *minute)).unwrap_or_default()
}

/// The end of a scale that holds `most`, and whose half is a whole number.
pub(super) fn scale(most: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for step in [2, 4, 6, 8, 10] {
            let end = unit.saturating_mul(step);
            if end >= most.max(4) {
                return end;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// The series on top of each other, the first at the bottom: one path each.
pub(super) fn stacks(series: &[Series], tall: Tall) -> Markup {
    let mut floors = vec![0.0; MINUTES];
    let paths: Vec<_> = series
        .iter()
        .map(|one| {
            let mut path = String::new();
            for (nth, floor) in floors.iter_mut().enumerate() {
                let whole = match tall {
                    Tall::Counts(end) => end,
                    Tall::Shares => total(series, nth),
                };
                if one.at(nth) > 0 && whole > 0 {
                    let height = HEIGHT * float(one.at(nth)) / float(whole);
                    let top = (*floor + height.max(LEAST)).min(HEIGHT);
                    bar(&mut path, nth, *floor, top);
                    *floor = top;
                }
            }
            path
        })
        .collect();
    html! {
        @for (one, path) in series.iter().zip(&paths) {
            @if !path.is_empty() { path class=(one.key) d=(path) {} }
        }
    }
}

/// Adds a bar over a minute, between two heights.
pub(super) fn bar(path: &mut String, nth: usize, floor: f64, top: f64) {
    let (left, width) = (left(nth) + GAP, STEP - 2.0 * GAP);
    let (y, height) = (HEIGHT - top, top - floor);
    // Whole numbers look sharp, and one decimal is finer than any screen.
    // A text takes whatever is written.
    let _ = write!(path, "M{left} {y:.1}h{width}v{height:.1}h-{width}z");
}

pub(super) fn left(nth: usize) -> f64 {
    f64::from(u32::try_from(nth).unwrap_or_default()) * STEP
}

/// A line across the plot where an alert begins.
pub(super) fn threshold(height: f64) -> Markup {
    html! {
        path .threshold d=(format!("M0 {:.1}H{WIDTH}", HEIGHT - height)) vector-effect="non-scaling-stroke" {}
    }
}

/// What every plot is drawn into.
pub(super) struct Frame<'a> {
    pub(super) id: &'a str,
    /// What it shows.
    pub(super) title: &'a str,
    /// What there is to see, in words.
    pub(super) said: &'a str,
    /// From the top to the bottom, at equal distances.
    pub(super) labels: &'a [String],
    /// Instead of a plot in which there is nothing.
    pub(super) empty: Option<&'a str>,
}

impl Frame<'_> {
    /// `tips` is what a minute tells when it is pointed at.
    pub(super) fn around(
        &self,
        axis: &Axis,
        tips: impl Fn(usize) -> String,
        drawing: &Markup,
    ) -> Markup {
        let (title, said) = (format!("{}-title", self.id), format!("{}-said", self.id));
        let labelled = format!("{title} {said}");
        let known = left(axis.first_known);
        html! {
            div .frame {
                div .y aria-hidden="true" { @for label in self.labels { span { (label) } } }
                div .canvas {
                    svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" role="img" aria-labelledby=(labelled) {
                        title id=(title) { (self.title) }
                        desc id=(said) { (self.said) }
                        path .line d=(self.grid()) vector-effect="non-scaling-stroke" {}
                        @if known > 0.0 {
                            rect .unknown x="0" y="0" width=(known) height=(HEIGHT) {}
                        }
                        (drawing)
                        @for nth in axis.first_known..MINUTES {
                            rect .tip x=(left(nth)) y="0" width=(STEP) height=(HEIGHT) { title { (tips(nth)) } }
                        }
                    }
                    @if let Some(empty) = self.empty { p .empty aria-hidden="true" { span { (empty) } } }
                }
                div .x aria-hidden="true" {
                    @for start in axis.starts.iter().step_by(15) { span { (minute(*start)) } }
                    span { "now" }
                }
            }
        }
    }

    fn grid(&self) -> String {
        let lines = u32::try_from(self.labels.len().saturating_sub(1)).unwrap_or_default();
        let lines = (0..=lines).map(|nth| HEIGHT * f64::from(nth) / f64::from(lines.max(1)));
        lines.map(|y| format!("M0 {y:.1}H{WIDTH}")).collect::<Vec<_>>().concat()
    }
}

/// What the marks of a plot mean, with the sums of the hour; `alert` is where one begins.
pub(super) fn legend(id: &str, series: &[Series], alert: Option<&str>) -> Markup {
    html! {
        ul .legend {
            @for one in series {
                li {
                    (swatch(one.key))
                    (one.name) " "
                    data id=(format!("{id}-{}", one.key)) value=(one.sum()) { (number(one.sum())) }
                }
            }
            @if let Some(alert) = alert { (limit(alert)) }
        }
    }
}

/// What the line across a plot means.
pub(super) fn limit(text: &str) -> Markup {
    html! {
        li {
            svg .swatch viewBox="0 0 14 14" aria-hidden="true" { path .threshold d="M0 7H14" {} }
            (text)
        }
    }
}

/// A mark of a series, as in the plot.
pub(super) fn swatch(key: &str) -> Markup {
    html! {
        svg .swatch viewBox="0 0 14 14" aria-hidden="true" { rect class=(key) width="14" height="14" {} }
    }
}

/// The figures of a plot by five minutes, the newest first: `cells` tells a span's, `sums` the
/// hour's.
pub(super) fn table(
    id: &str,
    axis: &Axis,
    heads: &[&str],
    cells: impl Fn(Range<usize>) -> Vec<String>,
) -> Markup {
    let spans = (0..MINUTES).step_by(5).rev().map(|first| first..first.saturating_add(5));
    html! {
        details id=(format!("{id}-figures")) {
            summary id=(format!("{id}-summary")) { "Figures" }
            table {
                thead { tr { th scope="col" { "From (UTC)" } @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for span in spans {
                        tr {
                            th scope="row" { (axis.starts.get(span.start).copied().map(minute).unwrap_or_default()) }
                            @if span.end > axis.first_known {
                                @for cell in cells(span) { td { (cell) } }
                            } @else {
                                td colspan=(heads.len()) { "not running yet" }
                            }
                        }
                    }
                }
                tfoot { tr { th scope="row" { "The hour" } @for cell in cells(0..MINUTES) { td { (cell) } } } }
            }
        }
    }
}

/// Patterns that plots are filled with, so that colour is never all that tells series apart.
pub(super) fn patterns() -> Markup {
    html! {
        svg .patterns width="0" height="0" aria-hidden="true" {
            defs {
                pattern #hatch width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect .ground width="6" height="6" {}
                    rect .ink width="2.5" height="6" {}
                }
                pattern #dots width="5" height="5" patternUnits="userSpaceOnUse" {
                    rect .ground width="5" height="5" {}
                    rect .ink x="1" y="1" width="2.5" height="2.5" {}
                }
                pattern #veil width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)" {
                    rect .ink width="1" height="8" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_holds_what_is_drawn_and_has_a_half() {
        for (most, end) in
            [(0, 4), (3, 4), (4, 4), (5, 6), (10, 10), (11, 20), (99, 100), (101, 200)]
        {
            assert_eq!(scale(most), end, "{most}");
        }
        for most in [u64::from(u32::MAX), u64::MAX / 3, u64::MAX] {
            assert!(scale(most) >= most, "{most}");
        }
    }

    #[test]
    fn a_stack_is_as_tall_as_its_counts_and_no_taller_than_its_frame() {
        let one = |key, count| Series { key, name: key, counts: vec![count; 1] };
        let drawn = |tall| stacks(&[one("a", 10), one("b", 30)], tall).into_string();
        let counts = drawn(Tall::Counts(80));
        assert!(counts.contains("<path class=\"a\" d=\"M1 175.0h8v25.0h-8z\">"), "{counts}");
        assert!(counts.contains("<path class=\"b\" d=\"M1 100.0h8v75.0h-8z\">"), "{counts}");
        let shares = drawn(Tall::Shares);
        assert!(shares.contains("<path class=\"b\" d=\"M1 0.0h8v150.0h-8z\">"), "{shares}");
        let over = stacks(&[one("a", 100)], Tall::Counts(10)).into_string();
        assert!(over.contains("M1 0.0h8v200.0h-8z"), "{over}");
    }
}
