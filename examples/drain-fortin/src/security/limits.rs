//! How the limits of each class stood: who was let through, and who was told to wait.

use maud::{Markup, html};
use rempart_core::{EventKind, Outcome};
use rempart_monitor::CountedPolicy;

use super::card::Card;
use super::hour::{Hour, LATELY, within};
use super::plot::{HEIGHT, Series, Tall, WIDTH, scale, stacks, swatch, tallest};
use super::words::number;
use crate::policy::{LIMITED, quota};

pub(super) fn limits(hour: &Hour<'_>) -> Markup {
    let counted = hour.snapshot.policies(EventKind::RateLimit);
    let of = |name: &str| {
        let its_own =
            |policy: &&CountedPolicy| policy.name().is_some_and(|its| its.as_str() == name);
        counted.iter().find(its_own).copied()
    };
    let classes: Vec<_> =
        LIMITED.into_iter().map(|name| Class::new(hour, name, of(name))).collect();
    let lately = classes.iter().map(|class| within(class.refused(), LATELY));
    let card = Card {
        id: "limits",
        title: "Limits by class",
        big: number(lately.fold(0, u64::saturating_add)),
        unit: "refused in 5 min",
    };
    card.around(&html! {
        table .classes {
            thead { tr {
                th scope="col" { "Class" }
                th scope="col" { (swatch("served")) "Let through" }
                th scope="col" { (swatch("refused")) "Refused" }
                th scope="col" { "The hour" }
            } }
            tbody { @for class in &classes { (class.row()) } }
        }
    })
}

struct Class {
    name: &'static str,
    series: [Series; 2],
}

impl Class {
    fn new(hour: &Hour<'_>, name: &'static str, policy: Option<CountedPolicy>) -> Self {
        let count = |key, name, outcome| {
            hour.series(key, name, |figures| {
                policy.map_or(0, |policy| figures.by_policy(policy, outcome))
            })
        };
        let through = count("served", "let through", Outcome::Allowed);
        let refused = count("refused", "refused", Outcome::Refused);
        Self { name, series: [through, refused] }
    }

    const fn refused(&self) -> &Series {
        let [_, refused] = &self.series;
        refused
    }

    fn row(&self) -> Markup {
        let [through, refused] = &self.series;
        html! {
            tr {
                th scope="row" { (self.name) small { (quota(self.name)) } }
                td { (self.figure(through)) }
                td .some[refused.sum() > 0] { (self.figure(refused)) }
                td { (self.spark()) }
            }
        }
    }

    fn figure(&self, series: &Series) -> Markup {
        let id = format!("limits-{}-{}", self.name, series.key);
        html! { data id=(id) value=(series.sum()) { (number(series.sum())) } }
    }

    /// The hour in small, on a scale of its own: its figures stand beside it.
    fn spark(&self) -> Markup {
        let (_, most) = tallest(&self.series);
        html! {
            svg .spark viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" aria-hidden="true" {
                path .line d=(format!("M0 {HEIGHT}H{WIDTH}")) vector-effect="non-scaling-stroke" {}
                (stacks(&self.series, Tall::Counts(scale(most))))
            }
        }
    }
}
