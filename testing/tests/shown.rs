//! No type of the crates that handle secrets is forgotten by the tests of what `Debug` shows.
//!
//! Whoever adds a public type says here which of two it is: one that may hold a secret, whose
//! `Debug` is then tested against it in that crate, or one that cannot.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

struct Crate {
    name: &'static str,
    /// Where its tests print the types that may hold a secret.
    tests: &'static [&'static str],
    /// The types that may hold a secret, or what was made of one.
    may_hold: &'static [&'static str],
    /// The types that hold none: closed enumerations, names, numbers, configuration that is public.
    cannot_hold: &'static [&'static str],
}

const CRATES: [Crate; 3] = [
    Crate {
        name: "rempart-keys",
        tests: &[
            "tests/secrecy.rs",
            "tests/it/loader.rs",
            "tests/it/secret.rs",
            "tests/it/ring.rs",
            "tests/it/disk_follow.rs",
            "tests/it/disk_properties.rs",
        ],
        may_hold: &[
            "ConfigError",
            "DirectoryError",
            "Entry",
            "Key",
            "KeyRing",
            "KeyUse",
            "LiveRing",
            "Loaded",
            "Loader",
            "ParseError",
            "Reload",
            "RingDirectory",
            "Secret",
            "Watch",
            "WriteError",
        ],
        cannot_hold: &[
            "Audience",
            "DirectoryEntry",
            "DotenvFault",
            "FileFault",
            "KeyState",
            "KeyUsed",
            "Kind",
            "LineFault",
            "LoadedEntry",
            "Profile",
            "Provenance",
            "RingEntry",
            "RingError",
            "RingFile",
            "Rotation",
            "Rule",
            "Schema",
            "SchemaFault",
            "SecretError",
            "SupabaseRole",
            "Timestamp",
            "TimestampError",
            "UseRecord",
            "VapiScope",
            "Variable",
            "Warning",
        ],
    },
    Crate {
        name: "rempart-signature",
        tests: &["tests/it/secrets.rs"],
        may_hold: &[
            "ConfigError",
            "Decision",
            "Head",
            "Message",
            "Policy",
            "PolicyBuilder",
            "ResponseFuture",
            "SignError",
            "Signature",
            "SignatureLayer",
            "Tenants",
            "Verification",
            "Verified",
        ],
        cannot_hold: &[
            "Algorithm",
            "BodyChange",
            "Coverage",
            "Elements",
            "Encoding",
            "Explanation",
            "Extraction",
            "HexCase",
            "KeyEnd",
            "Part",
            "PublicUrl",
            "PublicUrlError",
            "Rejection",
            "ResolveError",
            "Scheme",
            "SecretChange",
            "SecretForm",
            "SignatureChange",
            "Template",
            "TemplateError",
            "TenantId",
            "TenantIdError",
            "TenantSource",
            "TimeUnit",
            "Timestamp",
            "TimestampSource",
            "UrlChange",
            "UrlForm",
            "Window",
        ],
    },
    Crate {
        name: "rempart-redact",
        tests: &["tests/it/debug.rs"],
        may_hold: &[
            "AccessLog",
            "AccessLogLayer",
            "ConfigError",
            "Policy",
            "PolicyBuilder",
            "RecordWriter",
            "RedactMakeWriter",
            "RedactWriter",
            "Redactor",
            "ResponseFuture",
        ],
        cannot_hold: &["Anchor", "Class", "Decision", "Detector", "Mask", "Severity", "Validator"],
    },
];

#[test]
#[ignore = "needs rustdoc's unstable JSON"]
fn every_public_type_was_thought_of() {
    for known in CRATES {
        let listed: BTreeSet<String> =
            known.may_hold.iter().chain(known.cannot_hold).map(|name| (*name).to_owned()).collect();
        assert_eq!(listed, public_types(known.name), "{}", known.name);
        for file in known.tests {
            let path = Path::new("../crates").join(known.name).join(file);
            assert!(path.exists(), "{}", path.display());
        }
    }
}

fn public_types(crate_name: &str) -> BTreeSet<String> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/rustdoc-json");
    let status = Command::new(env!("CARGO"))
        .args(["rustdoc", "--quiet", "--lib", "--all-features", "--package", crate_name])
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTDOCFLAGS")
        .status();
    assert!(status.expect("cargo runs").success());
    let file = target.join("doc").join(crate_name.replace('-', "_")).with_extension("json");
    let json = std::fs::read_to_string(file).expect("rustdoc wrote it");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let items = json["index"].as_object().expect("an index").values();
    let types = items.filter(|item| {
        let is_type =
            ["enum", "struct", "union"].iter().any(|kind| item["inner"].get(kind).is_some());
        is_type && item["visibility"] == "public" && item["crate_id"] == 0
    });
    types.filter_map(|item| item["name"].as_str()).map(str::to_owned).collect()
}
