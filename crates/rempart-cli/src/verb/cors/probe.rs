use std::io::Write;
use std::time::Duration;

use http::{HeaderMap, Method};
use rempart::cors::corpus::Case;

use super::cases::Cases;
use super::judge::{arrives, judge};
use super::{MAX_LINE, read};
use crate::args::ProbeArgs;
use crate::client::{self, Answer, NoAnswer, Target};
use crate::failure::{Failure, say};
use crate::verb::Verdict;

/// The longest table.
const MAX_TABLE: u64 = 64 * 1024 * 1024;

/// How often a request is sent that gets no answer: a server may hang up on an oversized head so
/// soon that its answer is lost.
const ATTEMPTS: usize = 3;

/// Sends each case of a table to a service, and writes which are not decided as they should be.
pub(crate) fn cors_probe(args: &ProbeArgs, output: &mut impl Write) -> Result<Verdict, Failure> {
    let target = Target::new("URL", &args.url)?;
    let cases = cases(args)?;
    // One that is not there differs in every row, which would say nothing.
    client::send(&target, Method::GET, HeaderMap::new(), Vec::new(), args.timeout)
        .map_err(|error| Failure::Usage(format!("URL: {error}")))?;
    let (mut sent, mut left_out, mut differ) = (0_usize, 0_usize, 0_usize);
    for case in &cases {
        if !arrives(case) {
            left_out = left_out.saturating_add(1);
            continue;
        }
        sent = sent.saturating_add(1);
        let got = match send(&target, case, args.timeout) {
            Ok(answer) => judge(case, !args.anonymous, answer.status, &answer.headers)
                .map_err(ToString::to_string),
            Err(error) => Err(error.to_string()),
        };
        let Some(want) = case.want().filter(|want| got.as_ref() != Ok(want)) else { continue };
        differ = differ.saturating_add(1);
        let got = got.map_or_else(|fault| fault, |got| got.to_string());
        let (id, reason) = (case.id().escape_debug(), case.reason().escape_debug());
        writeln!(output, "{id}\twanted {want}\tgot {got}\t{reason}").map_err(Failure::Output)?;
    }
    let said = format!("{differ} of {sent} cases differ; {left_out} cannot be sent over HTTP");
    writeln!(output, "{said}").and_then(|()| output.flush()).map_err(Failure::Output)?;
    Ok(if differ == 0 { Verdict::Good } else { Verdict::Bad })
}

/// The cases of the table, if every line holds one and says what is wanted.
fn cases(args: &ProbeArgs) -> Result<Vec<Case>, Failure> {
    let table = read("--origins", &args.origins, MAX_TABLE)?;
    let mut lines = Cases::new(table.as_slice(), MAX_LINE);
    let mut cases = Vec::new();
    let mut faults = 0_usize;
    while let Some((number, case)) = lines.next()? {
        let case = case.and_then(|case| match case.want() {
            Some(_) => Ok(case),
            None => Err("says no decision that is wanted".to_owned()),
        });
        match case {
            Ok(case) => cases.push(case),
            Err(fault) => {
                faults = faults.saturating_add(1);
                say(&format!("--origins: line {number}: {fault}"));
            }
        }
    }
    match (faults, cases.is_empty()) {
        (0, false) => Ok(cases),
        (0, true) => Err(Failure::usage("--origins: holds no case")),
        _ => {
            let lines = lines.lines();
            Err(Failure::Usage(format!("--origins: {faults} of {lines} lines hold no case")))
        }
    }
}

fn send(target: &Target, case: &Case, patience: Duration) -> Result<Answer, NoAnswer> {
    let once = || {
        let headers = case.headers().clone();
        client::send(target, case.method().clone(), headers, Vec::new(), patience)
    };
    let mut answer = once();
    for _ in 1..ATTEMPTS {
        match answer {
            Ok(_) | Err(NoAnswer::TooSlow(_)) => break,
            Err(_) => answer = once(),
        }
    }
    answer
}
