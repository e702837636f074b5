use super::Rule;
use super::ask::Ask;
use super::stage::{SMS, Stage};
use super::table::{Row, Table};
use crate::policy::CRM;

/// The figures before some requests and after them.
struct Figures {
    before: String,
    after: String,
}

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    // A minute of its own: what was refused before is forgiven.
    stage.clock.advance(std::time::Duration::from_secs(60));
    cors(stage, table).await;
    logins(stage, table).await;
    latency(stage, table).await;
    patterns(stage, table).await;
}

async fn cors(stage: &mut Stage, table: &mut Table) {
    let before = page(stage).await;
    stage.send(Ask::get("/healthz").header("origin", CRM)).await;
    let figures = Figures { before, after: page(stage).await };
    let row = Row::good("M1", Rule::MetricCors, "GET from the CRM");
    table.push(row.judge("1 allowed, 0 rejected", figures.outcomes(CORS)));

    let before = page(stage).await;
    stage.send(Ask::get("/healthz").header("origin", CRM)).await;
    for _ in 0..3 {
        stage.send(Ask::get("/healthz").header("origin", "https://evil.example")).await;
    }
    let figures = Figures { before, after: page(stage).await };
    let row = Row::hostile("M2", Rule::MetricCors, "the same, and 3 from another origin");
    table.push(row.judge("1 allowed, 3 rejected", figures.outcomes(CORS)));
}

async fn logins(stage: &mut Stage, table: &mut Table) {
    let password = stage.keys.password.clone();
    let before = page(stage).await;
    stage.send(Stage::login(&password)).await;
    let figures = Figures { before, after: page(stage).await };
    let row = Row::good("M3", Rule::MetricLogins, "signing in").regardless();
    table.push(row.judge("1 allowed, 0 rejected", figures.outcomes(AUTH)));

    let before = page(stage).await;
    stage.send(Stage::login("made-up-and-wrong")).await;
    stage.send(Ask::get("/api/calls").bearer("no token")).await;
    stage.send(Ask::get("/api/calls")).await;
    let figures = Figures { before, after: page(stage).await };
    let row = Row::hostile("M4", Rule::MetricLogins, "a wrong password, a bad token, none");
    table.push(row.judge("0 allowed, 3 rejected", figures.outcomes(AUTH)));
}

async fn latency(stage: &mut Stage, table: &mut Table) {
    let before = page(stage).await;
    let form = "MessageSid=SM_counted&From=%2B15145550123&To=%2B15145550100&Body=Merci";
    stage.send(stage.twilio(&stage.origin(), form)).await;
    let figures = Figures { before, after: page(stage).await };
    let row = Row::good("M5", Rule::MetricLatency, "a webhook as Twilio sends it");
    table.push(row.judge("1 allowed, 0 rejected", figures.outcomes(TIMED)));

    let before = page(stage).await;
    for _ in 0..2 {
        stage.send(Ask::post(SMS, "{}")).await;
    }
    let figures = Figures { before, after: page(stage).await };
    let row = Row::hostile("M6", Rule::MetricLatency, "2 that nobody signed");
    table.push(row.judge("0 allowed, 2 rejected", figures.outcomes(TIMED)));
}

async fn patterns(stage: &mut Stage, table: &mut Table) {
    let (before, client) = (page(stage).await, stage.client());
    for _ in 0..20 {
        Ask::get("/").from(client).send(stage.public).await;
    }
    let figures = Figures { before, after: page(stage).await };
    let row = Row::good("M7", Rule::Patterns, "20 pages for one client").regardless();
    table.push(row.judge("0 told of", figures.anomalies()));

    let (before, client) = (page(stage).await, stage.client());
    for _ in 0..8 {
        let forged = Ask::post("/webhooks/vapi", "{}").header("x-vapi-signature", "0".repeat(64));
        forged.from(client).send(stage.public).await;
    }
    let figures = Figures { before, after: page(stage).await };
    let row = Row::hostile("M8", Rule::Patterns, "8 forged webhooks from one client");
    table.push(row.judge("1 told of", figures.anomalies()));
}

async fn page(stage: &Stage) -> String {
    let answer = Ask::get("/metrics").send(stage.admin).await;
    String::from_utf8_lossy(&answer.body).into_owned()
}

impl Figures {
    /// By how much a metric rose, by outcome.
    fn outcomes(&self, metric: &str) -> String {
        let rise = |outcome: &str| self.rise(metric, &format!("outcome=\"{outcome}\""));
        format!("{} allowed, {} rejected", rise("allowed"), rise("rejected"))
    }

    fn anomalies(&self) -> String {
        format!("{} told of", self.rise(ANOMALIES, "outcome=\"shadowed\""))
    }

    fn rise(&self, metric: &str, label: &str) -> u64 {
        sum(&self.after, metric, label).saturating_sub(sum(&self.before, metric, label))
    }
}

/// The sum of the series of a metric that have a label.
fn sum(page: &str, metric: &str, label: &str) -> u64 {
    let is_one = |series: &str| {
        series.split_once('{').is_some_and(|(name, rest)| name == metric && rest.contains(label))
    };
    let lines = page.lines().filter_map(|line| line.rsplit_once(' '));
    let values = lines.filter(|(series, _)| is_one(series));
    values.filter_map(|(_, value)| value.parse::<u64>().ok()).fold(0, u64::saturating_add)
}

const ANOMALIES: &str = "rempart_client_anomalies_total";
const AUTH: &str = "rempart_auth_requests_total";
const CORS: &str = "rempart_cors_requests_total";
const TIMED: &str = "rempart_signature_verification_duration_seconds_count";
