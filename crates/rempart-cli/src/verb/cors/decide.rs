use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use rempart::cors::{ConfigErrors, Policy};
use serde::Deserialize;

use super::cases::Cases;
use super::{MAX_LINE, read};
use crate::args::{CorsArgs, PolicyArgs};
use crate::failure::{Failure, say};
use crate::verb::Verdict;

/// The longest policy.
const MAX_POLICY: u64 = 1024 * 1024;

/// Decides each case of the input, and writes id and decision.
pub(crate) fn cors_decide(
    args: &CorsArgs,
    input: impl Read,
    output: &mut impl Write,
) -> Result<Verdict, Failure> {
    let spoken = match &args.policy {
        Some(path) => Spoken::read(path)?,
        None => Spoken::from(&args.options),
    };
    let policy = spoken.build().map_err(|faults| Failure::Usage(format!("policy: {faults}")))?;

    let mut output = io::BufWriter::new(output);
    // A comparison is a verdict.
    let lost = if args.check { Failure::Output } else { Failure::stream };
    let mut cases = Cases::new(input, MAX_LINE);
    let mut faults = 0_usize;
    let mut differences = 0_usize;
    loop {
        if cases.may_wait() {
            output.flush().map_err(lost)?;
        }
        let Some((number, case)) = cases.next()? else { break };
        match case {
            Ok(case) => {
                let decision = case.decide(&policy);
                let id = case.id();
                writeln!(output, "{id}\t{decision}").map_err(lost)?;
                if let Some(want) = case.want().filter(|want| args.check && *want != decision) {
                    differences = differences.saturating_add(1);
                    say(&format!(
                        "line {number}: `{}`: wanted {want}, got {decision}",
                        id.escape_debug()
                    ));
                }
            }
            Err(fault) => {
                faults = faults.saturating_add(1);
                say(&format!("line {number}: {fault}"));
            }
        }
    }
    output.flush().map_err(lost)?;
    match (faults, differences) {
        (0, 0) => Ok(Verdict::Good),
        (0, _) => Ok(Verdict::Bad),
        _ => {
            let lines = cases.lines();
            Err(Failure::Input(format!("{faults} of {lines} lines hold no case")))
        }
    }
}

/// A policy as it is spoken of, before it is checked.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Spoken {
    any_origin: bool,
    credentials: bool,
    expose_headers: Vec<String>,
    max_age: Option<u64>,
    methods: Vec<String>,
    origins: Vec<String>,
    own_origins: Vec<String>,
    request_headers: Vec<String>,
}

impl Spoken {
    fn read(path: &Path) -> Result<Self, Failure> {
        let unfit = |what: &str| Failure::Usage(format!("--policy: {what}"));
        let text = read("--policy", path, MAX_POLICY)?;
        let text = str::from_utf8(&text).map_err(|_| unfit("is not UTF-8"))?;
        let spoken: Self = toml::from_str(text).map_err(|error| unfit(error.message()))?;
        if spoken.any_origin && spoken.credentials {
            return Err(unfit("`any_origin` with `credentials`: every page could act as the user"));
        }
        Ok(spoken)
    }

    fn build(self) -> Result<Policy, ConfigErrors> {
        let max_age = self.max_age.map(Duration::from_secs);
        // The two builders are two types: one of them cannot say `any_origin`.
        macro_rules! fill {
            ($builder:expr) => {{
                let builder = $builder
                    .origins(&self.origins)
                    .own_origins(&self.own_origins)
                    .methods(&self.methods)
                    .request_headers(&self.request_headers)
                    .expose_headers(&self.expose_headers);
                match max_age {
                    Some(age) => builder.max_age(age),
                    None => builder,
                }
            }};
        }
        if self.credentials {
            return fill!(Policy::credentialed("rempart")).build();
        }
        let builder = fill!(Policy::anonymous("rempart"));
        if self.any_origin { builder.any_origin().build() } else { builder.build() }
    }
}

impl From<&PolicyArgs> for Spoken {
    fn from(args: &PolicyArgs) -> Self {
        Self {
            any_origin: args.any_origin,
            credentials: args.credentials,
            methods: args.methods.clone(),
            origins: args.origins.clone(),
            own_origins: args.own_origins.clone(),
            request_headers: args.request_headers.clone(),
            expose_headers: args.expose_headers.clone(),
            max_age: args.max_age,
        }
    }
}
