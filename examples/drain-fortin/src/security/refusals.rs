//! The last refusals, each with how often it came.

use maud::{Markup, html};
use rempart_core::ClientAddr;
use rempart_monitor::RecentRefusal;

use super::card::Card;
use super::clients::who;
use super::words::{long, number, second};

pub(super) fn refusals(refusals: &[RecentRefusal]) -> Markup {
    let kinds = u64::try_from(refusals.len()).unwrap_or(u64::MAX);
    let card =
        Card { id: "refusals", title: "Recent refusals", big: number(kinds), unit: "different" };
    let (first, more) = refusals.split_at_checked(SHOWN).unwrap_or((refusals, &[]));
    card.around(&html! {
        @if refusals.is_empty() {
            p .nothing { "Nothing has been refused since the start." }
        } @else {
            (table(first))
        }
        @if !more.is_empty() {
            details #refusals-more {
                summary #refusals-summary { (more.len()) " more" }
                (table(more))
            }
        }
    })
}

fn table(refusals: &[RecentRefusal]) -> Markup {
    html! {
        table .refusals {
            thead { tr {
                th scope="col" { "Last (UTC)" }
                th scope="col" { "What" }
                th scope="col" { "Why" }
                th scope="col" { "Client" }
                th scope="col" { "Route, policy" }
                th scope="col" { "Times" }
            } }
            tbody { @for refusal in refusals { (row(refusal)) } }
        }
    }
}

fn row(refusal: &RecentRefusal) -> Markup {
    let client = refusal.client().map(|client| who(ClientAddr::identity(client)));
    let reason = refusal.reason().map_or("", rempart_core::Reason::as_str);
    html! {
        tr {
            td { time { (second(refusal.at())) } " " small { (long(refusal.ago())) " ago" } }
            th scope="row" { (refusal.name()) }
            td { (reason.replace('_', " ")) }
            td { (client.as_deref().unwrap_or("unknown")) }
            td {
                @if let Some(route) = refusal.route() { code { (route) } " " }
                small { (refusal.policy()) }
                @if let Some(key) = refusal.key() { small { ", key " (key) } }
            }
            td { data value=(refusal.count()) { "×" (number(refusal.count())) } }
        }
    }
}

/// How many are in sight at once.
const SHOWN: usize = 12;
