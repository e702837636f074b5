//! Tells a service that its keys have changed.

use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Method};
use rempart::core::PolicyName;
use serde::Deserialize;

use super::{Done, Told};
use crate::args::ReloadArgs;
use crate::client::{self, Target};
use crate::failure::{Failure, say};
use crate::secrets;
use crate::verb::Verdict;

/// Whom to tell of a change; perhaps nobody.
pub(super) struct Reload {
    call: Option<(Target, HeaderMap)>,
    /// Whether what was done is in force whatever the service says against the ring.
    regardless: bool,
}

impl Reload {
    /// Checked before anything is changed.
    pub(super) fn new(args: &ReloadArgs) -> Result<Self, Failure> {
        let Some(url) = &args.reload else { return Ok(Self { call: None, regardless: false }) };
        let target = Target::new("--reload", url)?;
        let mut headers = HeaderMap::new();
        if let Some(name) = &args.reload_token_env {
            let option = "--reload-token-env";
            if !target.is_loopback() {
                return Err(Failure::Usage(format!("{option}: {IN_THE_CLEAR}")));
            }
            let token = secrets::from_environment(option, name)?;
            let value = HeaderValue::from_bytes(&[b"Bearer ", token.expose()].concat());
            let unfit = |_| Failure::Usage(format!("{option}: the variable's value is no token"));
            let mut value = value.map_err(unfit)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(Self { call: Some((target, headers)), regardless: false })
    }

    pub(super) fn of_revocation(self) -> Self {
        Self { regardless: true, ..self }
    }

    /// Tells, once what the verb did is on disk: it is done, whatever becomes of the call.
    pub(super) fn after(self, ring: PolicyName, text: String) -> Done {
        let Some((target, headers)) = self.call else { return Told::good(text) };
        let told = match client::send(&target, Method::POST, headers, Vec::new(), PATIENCE) {
            Ok(answer) if answer.status.is_success() => judge(ring, &answer.body),
            Ok(answer) => {
                Heard::Untold(format!("the call was answered {}", answer.status.as_u16()))
            }
            Err(error) => Heard::Untold(format!("the call: {error}")),
        };
        let after = match told {
            Heard::Taken => Ok(Verdict::Good),
            Heard::Faults(faults) => {
                for fault in &faults {
                    say(&format!("--reload: the service says: {}", fault.escape_debug()));
                }
                if self.regardless {
                    Ok(Verdict::Good)
                } else {
                    Err("the service goes on with the keys it had".to_owned())
                }
            }
            Heard::Untold(why) => Err(why),
        };
        let untold = |why| Failure::Usage(format!("--reload: the keys are written, but {why}"));
        Ok(Told { text, after: after.map_err(untold) })
    }
}

/// What a service said to the call.
enum Heard {
    Faults(Vec<String>),
    Taken,
    Untold(String),
}

/// Reads what services of this project answer; that others answer something else is no fault.
fn judge(name: PolicyName, body: &[u8]) -> Heard {
    let Ok(Answer { rings }) = serde_json::from_slice(body) else { return Heard::Taken };
    let known = rings.into_iter().find(|ring| ring.ring == name.as_str());
    match known {
        None => Heard::Untold("the service has no ring of this name".to_owned()),
        Some(ring) if ring.faults.is_empty() => Heard::Taken,
        Some(ring) => Heard::Faults(ring.faults),
    }
}

#[derive(Deserialize)]
struct Answer {
    rings: Vec<RingAnswer>,
}

#[derive(Deserialize)]
struct RingAnswer {
    ring: String,
    #[serde(default)]
    faults: Vec<String>,
}

/// An administrator's token is no one-minute token of a test.
const IN_THE_CLEAR: &str =
    "would be sent in the clear: only to this machine, where a tunnel (`ssh -L`) may begin";

/// How long a service may take to read its keys.
const PATIENCE: Duration = Duration::from_secs(10);
