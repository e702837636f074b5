//! The plots of counts and shares.

use std::ops::Range;

use maud::{Markup, html};
use rempart_core::{EventKind, Outcome};
use rempart_monitor::Figures;
use rempart_monitor::StatusClass::{
    ClientError, Informational, Redirection, ServerError, Successful,
};

use super::alerts::INVALID_TOKENS;
use super::card::Card;
use super::hour::{Hour, lately, within};
use super::plot::{self, Frame, HEIGHT, Series, Tall, scale, stacks, tallest, threshold};
use super::words::{counted, float, number, share};

pub(super) fn requests(hour: &Hour<'_>) -> Markup {
    let series = [
        hour.series("served", "served", |figures| {
            figures.answered(Successful).saturating_add(figures.answered(Redirection))
        }),
        hour.series("refused", "refused", |figures| {
            figures.answered(ClientError).saturating_add(figures.answered(Informational))
        }),
        hour.series("failed", "failed", |figures| figures.answered(ServerError)),
    ];
    let card = Card {
        id: "requests",
        title: "Requests by outcome",
        big: number(lately(&series)),
        unit: "in 5 min",
    };
    card.around(&html! {
        (counts(hour, &card, &series, None, "No request was answered in the last hour."))
        (plot::legend(card.id, &series, None))
        (table(hour, &card, &series))
    })
}

pub(super) fn authentications(hour: &Hour<'_>) -> Markup {
    let refused = |kind| move |figures: Figures<'_>| figures.count(kind, Outcome::Refused);
    let series = [
        hour.series("tokens", "tokens and passwords", refused(EventKind::Token)),
        hour.series("signatures", "webhook signatures", refused(EventKind::Signature)),
        hour.series("admin", "administration", refused(EventKind::Admin)),
    ];
    let missing = hour.series("missing", "missing", |figures| figures.tokens_missing()).sum();
    let card = Card {
        id: "authentications",
        title: "Failed authentications",
        big: number(lately(&series)),
        unit: "in 5 min",
    };
    let nothing = "Nobody failed to authenticate in the last hour.";
    card.around(&html! {
        (counts(hour, &card, &series, Some(INVALID_TOKENS), nothing))
        (plot::legend(card.id, &series, Some("alert: 10 tokens a minute")))
        @if missing > 0 {
            p .aside { (counted(missing, "of them bore", "of them bore")) " no token at all." }
        }
        (table(hour, &card, &series))
    })
}

pub(super) fn cross_origin(hour: &Hour<'_>) -> Markup {
    let series = [
        hour.series("refused", "blocked", |figures| figures.cross_origin_blocked()),
        hour.series("through", "let through", |figures| {
            figures.cross_origin().saturating_sub(figures.cross_origin_blocked())
        }),
    ];
    let [blocked, through] = &series;
    let all = through.sum().saturating_add(blocked.sum());
    let of_five = share(lately(std::slice::from_ref(blocked)), lately(&series));
    let card = Card {
        id: "cors",
        title: "Blocked by CORS",
        big: of_five.unwrap_or_else(none),
        unit: "of cross-origin requests in 5 min",
    };
    let nothing = "No page of another origin asked for anything in the last hour.";
    let said = share(blocked.sum(), all).map_or(nothing.to_owned(), |share| {
        let all = counted(all, "cross-origin request was", "cross-origin requests were");
        format!("In the last hour {share} of {all} blocked.")
    });
    let frame = Frame {
        id: card.id,
        title: "Share of cross-origin requests that were blocked, by the minute",
        said: &said,
        labels: &["100 %", "50 %", "0"].map(str::to_owned),
        empty: (all == 0).then_some(nothing),
    };
    let tip = |nth| {
        let (some, all) = (blocked.at(nth), plot::total(&series, nth));
        let share = share(some, all).unwrap_or_else(none);
        format!("{}: {share} ({} of {})", hour.minute(nth), number(some), number(all))
    };
    let cells = |span: Range<usize>| {
        let (some, rest) = (within(blocked, span.clone()), within(through, span));
        let share = share(some, some.saturating_add(rest));
        vec![number(some), number(rest), share.unwrap_or_else(none)]
    };
    let drawing = html! { (stacks(&series, Tall::Shares)) (threshold(HEIGHT * 0.2)) };
    card.around(&html! {
        (frame.around(&hour.axis, tip, &drawing))
        (plot::legend(card.id, &series, Some("alert: 20 % blocked")))
        (plot::table(card.id, &hour.axis, &["Blocked", "Let through", "Share"], cells))
    })
}

/// A plot of counts by the minute, on a scale of their own that shows `limit` as well.
fn counts(
    hour: &Hour<'_>,
    card: &Card<'_>,
    series: &[Series],
    limit: Option<u64>,
    nothing: &str,
) -> Markup {
    let (_, most) = tallest(series);
    let end = scale(most.max(limit.unwrap_or_default()));
    let labels = [end, end.div_euclid(2), 0].map(number);
    let frame = Frame {
        id: card.id,
        title: &format!("{} by the minute", card.title),
        said: &hour.said(series, nothing),
        labels: &labels,
        empty: (most == 0).then_some(nothing),
    };
    let drawing = html! {
        (stacks(series, Tall::Counts(end)))
        @if let Some(limit) = limit { (threshold(HEIGHT * float(limit) / float(end))) }
    };
    frame.around(&hour.axis, |nth| hour.tip(nth, series), &drawing)
}

fn table(hour: &Hour<'_>, card: &Card<'_>, series: &[Series]) -> Markup {
    let heads: Vec<_> = series.iter().map(|one| one.name).collect();
    plot::table(card.id, &hour.axis, &heads, |span| {
        series.iter().map(|one| number(within(one, span.clone()))).collect()
    })
}

/// What stands where there is no figure.
fn none() -> String {
    "–".to_owned()
}
