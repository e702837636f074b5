use super::Rule;
use super::ask::{Answer, Ask};
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
use crate::policy::{CRM, ORIGINS};

/// A route that neither counts nor asks for anything.
const OPEN: &str = "/healthz";

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    let mut got = Tally::default();
    for origin in ORIGINS {
        let answer = stage.send(Ask::get(OPEN).header("origin", origin)).await;
        let shared = answer.header("access-control-allow-origin") == origin;
        got.count(format!("{}, {}", answer.status(), if shared { "shared" } else { "not shared" }));
    }
    let row = Row::good("C1", Rule::CorsOrigins, "GET from each of the three");
    table.push(row.judge("3 × 200, shared", got.text()));

    let mut got = Tally::default();
    for origin in STRANGERS {
        let answer = stage.send(Ask::get(OPEN).header("origin", origin)).await;
        got.count(refused(&answer));
    }
    let row = Row::hostile("C2", Rule::CorsOrigins, "GET from look-alikes, null, *, http");
    table.push(row.judge("12 × 200, no CORS, Vary: Origin", got.text()));

    let ask = Ask::get(OPEN).header("origin", CRM).header("origin", "https://evil.example");
    let row = Row::hostile("C3", Rule::CorsOrigins, "GET with two Origin lines");
    table.push(row.judge("200, no CORS, Vary: Origin", refused(&stage.send(ask).await)));

    let own = stage.origin();
    let answer = stage.send(Ask::get(OPEN).header("origin", &own)).await;
    let row = Row::good("C4", Rule::CorsOrigins, "GET from the page's own origin");
    table.push(row.judge("200, no CORS, Vary: Origin", refused(&answer)));

    let answer = stage.send(Ask::get(OPEN).header("origin", CRM).header("cookie", "a=b")).await;
    let credentials = answer.header("access-control-allow-credentials");
    let row = Row::good("C5", Rule::CorsCredentials, "GET with a cookie");
    table.push(
        row.judge(
            "200, credentials true",
            format!("{}, credentials {credentials}", answer.status()),
        ),
    );

    let ask = Ask::preflight(OPEN, "null", "GET")
        .header("access-control-request-headers", "authorization");
    let row = Row::hostile("C6", Rule::CorsCredentials, "preflight with a token from null");
    table.push(row.judge("403, no CORS, Vary: Origin", refused(&stage.send(ask).await)));

    let mut got = Tally::default();
    for method in ["PUT", "PATCH", "DELETE", "POST"] {
        let answer = stage.send(Ask::preflight(OPEN, CRM, method)).await;
        let named = answer.header("access-control-allow-methods");
        let granted = method == "POST" || named.split(", ").any(|named| named == method);
        got.count(format!(
            "{}, {}",
            answer.status(),
            if granted { "granted" } else { "not granted" }
        ));
    }
    let row = Row::good("C7", Rule::CorsMethods, "preflight PUT, PATCH, DELETE, POST");
    table.push(row.judge("4 × 204, granted", got.text()));

    let mut got = Tally::default();
    for method in ["TRACE", "CONNECT", "PURGE", "put", "*", "PUT,DELETE"] {
        got.count(refused(&stage.send(Ask::preflight(OPEN, CRM, method)).await));
    }
    let row =
        Row::hostile("C8", Rule::CorsMethods, "preflight TRACE, CONNECT, PURGE, put, *, a list");
    table.push(row.judge("6 × 403, no CORS, Vary: Origin", got.text()));

    let names = "apikey,authorization,content-type,x-client-info";
    let ask = Ask::preflight(OPEN, CRM, "PUT").header("access-control-request-headers", names);
    let answer = stage.send(ask).await;
    let granted = answer.header("access-control-allow-headers");
    let row = Row::good("C9", Rule::CorsRequestHeaders, "preflight with the four");
    let expected = "204, apikey, authorization, content-type, x-client-info";
    table.push(row.judge(expected, format!("{}, {granted}", answer.status())));

    let mut got = Tally::default();
    for names in ["authorization,x-evil", "*", "cookie", "authorization,authorization"] {
        let ask = Ask::preflight(OPEN, CRM, "PUT").header("access-control-request-headers", names);
        got.count(refused(&stage.send(ask).await));
    }
    let many = Ask::preflight(OPEN, CRM, "PUT");
    let many = many.header("access-control-request-headers", ",".repeat(64 << 10));
    got.count(refused(&stage.send(many).await));
    let row =
        Row::hostile("C10", Rule::CorsRequestHeaders, "preflight x-evil, *, cookie, twice, 64 KiB");
    table.push(row.judge("5 × 403, no CORS, Vary: Origin", got.text()));

    let answer = stage.send(Ask::get(OPEN).header("origin", CRM)).await;
    let row = Row::good("C11", Rule::CorsExposed, "GET from the CRM");
    let exposed = answer.header("access-control-expose-headers").to_owned();
    table.push(row.judge("ratelimit, ratelimit-policy, retry-after, x-request-id", exposed));

    let answer = stage.send(Ask::get("/nowhere").header("origin", "https://evil.example")).await;
    let row = Row::hostile("C12", Rule::CorsExposed, "GET a 404 from a stranger");
    table.push(row.judge("404, no CORS, Vary: Origin", refused(&answer)));
}

/// What an answer shows that is not shared.
fn refused(answer: &Answer) -> String {
    let cors = answer.names().into_iter().filter(|name| name.starts_with("access-control-"));
    let cors: Vec<&str> = cors.collect();
    let cors = if cors.is_empty() { "no CORS".to_owned() } else { cors.join(" ") };
    let mut varied = answer.headers.get_all("vary").iter().filter_map(|line| line.to_str().ok());
    let by_origin =
        varied.any(|line| line.split(", ").any(|name| name.eq_ignore_ascii_case("origin")));
    format!("{}, {cors}, {}", answer.status(), if by_origin { "Vary: Origin" } else { "no Vary" })
}

const STRANGERS: [&str; 12] = [
    "https://evil.example",
    "https://evildrain-fortin-crm.com",
    "https://drain-fortin-crm.com.evil.example",
    "https://evil.drain-fortin-crm.com",
    "http://drain-fortin-crm.com",
    "https://drain-fortin-crm.com:8443",
    "https://DRAIN-FORTIN-CRM.COM",
    "https://drain-fortin-crm.com/",
    "https://attackerproject.supabase.co",
    "https://phiduqxcufdmgjvdipyuxsupabase.co",
    "null",
    "*",
];
