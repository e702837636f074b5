use super::Rule;
use super::ask::Ask;
use super::stage::{Folder, Stage, options, random_hex};
use super::table::{Row, Table};
use crate::Config;
use crate::body::MOST;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    production(table);

    let body = format!("\"{}\"", "a".repeat(MOST.saturating_sub(2)));
    let answer = stage.send(Ask::post("/auth/login", body.clone()).json()).await;
    let row = Row::good("B1", Rule::Bodies, "login with 1 MiB of JSON").regardless();
    table.push(row.judge("400", answer.status()));

    let answer = stage.send(Ask::post("/auth/login", format!("{body} ")).json()).await;
    let row = Row::hostile("B2", Rule::Bodies, "login with 1 MiB and a byte");
    table.push(row.judge("413", answer.status()));

    let report = format!("\"{}\"", "a".repeat(64 << 10));
    let answer = stage.send(Ask::post("/reports", report).json()).await;
    let row = Row::hostile("B3", Rule::Bodies, "a report over 64 KiB");
    table.push(row.judge("413", answer.status()));
}

/// What a start in production makes of the variables; nothing is opened.
fn production(table: &mut Table) {
    let judged = |change: &dyn Fn(&str, String) -> Option<String>| {
        let Ok(folder) = Folder::new() else { return "no folder".to_owned() };
        let environment = COMPLETE.iter().filter_map(|(name, made_up)| {
            let value =
                if made_up.is_empty() { random_hex(32).ok()? } else { (*made_up).to_owned() };
            Some((*name, change(name, value)?))
        });
        let environment: Vec<(&str, String)> =
            environment.chain([("APP_ENV", "production".to_owned())]).collect();
        match Config::load(&options(folder.0.clone()), environment.clone(), None) {
            Ok(_) => "starts".to_owned(),
            Err(faults) => {
                let text = faults.to_string();
                let named = COMPLETE.iter().filter(|(name, _)| text.contains(&format!("{name}:")));
                let shown = environment
                    .iter()
                    .filter(|(name, value)| *name != "APP_ENV" && text.contains(value.as_str()));
                format!("refused: {} named, {} values shown", named.count(), shown.count())
            }
        }
    };
    let row = Row::good("S1", Rule::Secrets, "a production start with everything set");
    table.push(row.judge("starts", judged(&|_, value| Some(value))));
    let row = Row::hostile("S2", Rule::Secrets, "one with nothing set");
    table.push(row.judge("refused: 12 named, 0 values shown", judged(&|_, _| None)));
    let row = Row::hostile("S3", Rule::Secrets, "one with the placeholders of a documentation");
    let placeholder = |name: &str, value: String| {
        let known = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
        Some(known.map_or(value, |(_, placeholder)| (*placeholder).to_owned()))
    };
    table.push(row.judge("refused: 10 named, 0 values shown", judged(&placeholder)));
    let row = Row::hostile("S4", Rule::Secrets, "one with secrets of 31 bytes");
    let short = |name: &str, value: String| {
        let generated =
            COMPLETE.iter().any(|(known, made_up)| *known == name && made_up.is_empty());
        Some(if generated { value.chars().take(31).collect() } else { value })
    };
    table.push(row.judge("refused: 3 named, 0 values shown", judged(&short)));
    let row = Row::hostile("S5", Rule::Secrets, "one with the keys of Supabase and Vapi swapped");
    let swapped = |name: &str, value: String| {
        let pair = SWAPPED.iter().find(|pair| pair.contains(&name));
        let other = pair.and_then(|pair| pair.iter().find(|other| **other != name));
        let of_other = COMPLETE.iter().find(|(known, _)| Some(known) == other);
        Some(of_other.map_or(value, |(_, made_up)| (*made_up).to_owned()))
    };
    table.push(row.judge("refused: 4 named, 0 values shown", judged(&swapped)));
}

/// What a production start needs; the empty ones are made up at random.
const COMPLETE: [(&str, &str); 12] = [
    ("SUPABASE_URL", "https://made-up-for-the-tour.supabase.co"),
    ("SUPABASE_ANON_KEY", "sb_publishable_made_up_for_the_tour"),
    ("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_made_up_for_the_tour"),
    ("VAPI_API_KEY", "vapi_sk_made_up_for_the_tour"),
    ("VAPI_WEBHOOK_SECRET", ""),
    ("VAPI_PUBLIC_KEY", "vapi_pk_made_up_for_the_tour"),
    ("VAPI_ASSISTANT_ID", "7e57ab1e-0000-4000-8000-00000000beef"),
    ("TWILIO_ACCOUNT_SID", concat!("AC", "0123456789abcdef0123456789abcdef")),
    ("TWILIO_AUTH_TOKEN", ""),
    ("TWILIO_PHONE_NUMBER", "+15145550100"),
    ("AUTH_TOKEN_SECRET", ""),
    ("PUBLIC_URL", "https://api.made-up-for-the-tour.example"),
];

const SWAPPED: [[&str; 2]; 2] =
    [["SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY"], ["VAPI_API_KEY", "VAPI_PUBLIC_KEY"]];

const PLACEHOLDERS: [(&str, &str); 10] = [
    ("SUPABASE_URL", "https://your-project.supabase.co"),
    ("SUPABASE_ANON_KEY", "your_anon_key"),
    ("SUPABASE_SERVICE_ROLE_KEY", "your_service_role_key"),
    ("VAPI_API_KEY", "vapi_sk_xxx"),
    ("VAPI_WEBHOOK_SECRET", "your_webhook_secret"),
    ("VAPI_PUBLIC_KEY", "vapi_pk_xxx"),
    ("VAPI_ASSISTANT_ID", "your_assistant_id"),
    ("TWILIO_ACCOUNT_SID", "ACxxx"),
    ("TWILIO_AUTH_TOKEN", "your_auth_token"),
    ("TWILIO_PHONE_NUMBER", "+1xxx"),
];
