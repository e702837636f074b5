//! The tour is green, leaves no line of the policy out, and sees each layer that is missing.

use drain_fortin::Part;
use drain_fortin::tour::{Kind, Row, Rule, Table, tour};

fn red(table: &Table) -> Vec<&'static str> {
    table.rows().filter(|row| row.is_red()).map(Row::id).collect()
}

#[tokio::test]
async fn is_green() {
    let table = tour(None).await.unwrap();
    assert_eq!(red(&table), [""; 0], "{table}");
    assert!(table.to_string().ends_with(&format!("{} rows, 0 red", table.rows().count())));
}

#[tokio::test]
async fn drives_each_line_of_the_policy_good_and_hostile() {
    let table = tour(None).await.unwrap();
    for rule in Rule::ALL {
        for kind in [Kind::Good, Kind::Hostile] {
            let driven = table.rows().any(|row| row.rule() == rule && row.kind() == kind);
            assert!(driven, "no {kind:?} row drives `{rule}`");
        }
    }
    let mut ids: Vec<_> = table.rows().map(Row::id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), table.rows().count(), "a row's id is its own");
}

#[tokio::test]
async fn shows_exactly_the_rows_of_a_layer_that_is_left_out() {
    for part in Part::ALL {
        let table = tour(Some(part)).await.unwrap();
        let of_part: Vec<_> = table.rows().filter(|row| row.needs(part)).map(Row::id).collect();
        assert!(!of_part.is_empty(), "no row needs {part:?}");
        assert_eq!(red(&table), of_part, "without {part:?}:\n{table}");
    }
}
