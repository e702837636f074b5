use super::Rule;
use super::ask::{Answer, Ask};
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
use http::Method;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    let good = [stage.send(Ask::get("/")).await, stage.send(Ask::get("/healthz")).await];
    // What no handler answered: nothing there, a wrong method, a body of the wrong kind.
    let bad = [
        stage.send(Ask::get("/nowhere")).await,
        stage.send(Ask::new(Method::DELETE, "/auth/login")).await,
        stage.send(Ask::post("/auth/login", "{}")).await,
    ];
    for (ids, rule, name, expected) in [
        (["H1", "H2"], Rule::HeaderFrameOptions, "x-frame-options", ["2 × DENY", "3 × DENY"]),
        (
            ["H3", "H4"],
            Rule::HeaderNosniff,
            "x-content-type-options",
            ["2 × nosniff", "3 × nosniff"],
        ),
        (
            ["H5", "H6"],
            Rule::HeaderReferrer,
            "referrer-policy",
            ["2 × strict-origin-when-cross-origin", "3 × strict-origin-when-cross-origin"],
        ),
    ] {
        let ([good_id, bad_id], [of_good, of_bad]) = (ids, expected);
        let row = Row::good(good_id, rule, "GET / and /healthz");
        table.push(row.judge(of_good, all(&good, name)));
        let row = Row::hostile(bad_id, rule, "a 404, a 405, a 415");
        table.push(row.judge(of_bad, all(&bad, name)));
    }

    let [page, _] = &good;
    let row = Row::good("H7", Rule::HeaderCsp, "GET /: script and style under the nonce");
    table.push(row.judge("2 elements under the nonce, no unsafe-inline", nonces(page)));

    let again = stage.send(Ask::get("/")).await;
    let (first, second) = (nonce(page), nonce(&again));
    let fresh = !first.is_empty() && !second.is_empty() && first != second;
    let row = Row::hostile("H8", Rule::HeaderCsp, "GET / again: the nonce of before");
    table
        .push(row.judge("another nonce", if fresh { "another nonce" } else { "the same or none" }));

    let row = Row::hostile("H9", Rule::HeaderCsp, "a 404, a 405, a 415");
    let expected = "3 × default-src 'none'; frame-ancestors 'none'";
    table.push(row.judge(expected, all(&bad, "content-security-policy")));
}

fn all(answers: &[Answer], name: &str) -> String {
    let mut got = Tally::default();
    for answer in answers {
        let lines = answer.headers.get_all(name).iter().count();
        let value = answer.header(name);
        got.count(if lines == 1 { value.to_owned() } else { format!("{lines} lines") });
    }
    got.text()
}

fn nonce(answer: &Answer) -> &str {
    let policy = answer.header("content-security-policy");
    let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\''));
    nonce.map_or("", |(nonce, _)| nonce)
}

fn nonces(answer: &Answer) -> String {
    let page = String::from_utf8_lossy(&answer.body);
    let nonce = nonce(answer);
    let attribute = format!(" nonce=\"{nonce}\"");
    let elements = if nonce.is_empty() { 0 } else { page.matches(&attribute).count() };
    let inline = answer.header("content-security-policy").contains("unsafe-inline");
    let inline = if inline { "unsafe-inline" } else { "no unsafe-inline" };
    format!("{elements} elements under the nonce, {inline}")
}
