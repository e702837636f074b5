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
    /// The types that say what somebody asked to be read: all of it, as a `String` would.
    says_all: &'static [&'static str],
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
        says_all: &[],
    },
    Crate {
        name: "rempart-signature",
        tests: &[
            "tests/it/secrets.rs",
            "tests/it/certified/verified.rs",
            "tests/it/challenge.rs",
            "tests/it/client/config.rs",
            "tests/it/extractors.rs",
            "tests/it/items/config.rs",
            "tests/it/message_signing.rs",
            "tests/it/messages/changes.rs",
            "tests/it/replay/contract.rs",
            "tests/it/replay/server.rs",
        ],
        may_hold: &[
            "Answer",
            "Certified",
            "CertifiedBuilder",
            "CertifiedFuture",
            "CertifiedLayer",
            "CertifiedSender",
            "Challenge",
            "Claim",
            "Claimed",
            "ConfigError",
            "ContentDigest",
            "Decision",
            "Head",
            "MemoryReplayStore",
            "Message",
            "MessageSigner",
            "PayPal",
            "Policy",
            "PolicyBuilder",
            "RedisReplayStore",
            "RedisUrlError",
            "ReplayKey",
            "Reply",
            "ResponseFuture",
            "ResponseHead",
            "Sign",
            "SignError",
            "SignFuture",
            "SignLayer",
            "SignPolicy",
            "SignPolicyBuilder",
            "SignRequestError",
            "Signature",
            "SignatureLayer",
            "SignedComponents",
            "SignedItem",
            "SignedItems",
            "Sns",
            "SnsMessage",
            "Tenants",
            "Verification",
            "Verified",
            "VerifiedBy",
        ],
        cannot_hold: &[
            "Algorithm",
            "BodyChange",
            "BodyToken",
            "CertificateUrl",
            "Component",
            "ComponentError",
            "Coverage",
            "DigestAlgorithm",
            "Elements",
            "Encoding",
            "Explanation",
            "Extraction",
            "FieldType",
            "HeaderFamily",
            "HexCase",
            "ItemSignatures",
            "KeyEnd",
            "MessageFault",
            "MessageSignError",
            "MessageSignatures",
            "NotVerified",
            "Part",
            "PayPalTerms",
            "PublicUrl",
            "PublicUrlError",
            "Rejection",
            "ResolveError",
            "Scheme",
            "SecretChange",
            "SecretForm",
            "Settled",
            "SignatureChange",
            "SignedHeaders",
            "SnsKind",
            "SnsTerms",
            "StructuredError",
            "Template",
            "TemplateError",
            "TenantId",
            "TenantIdError",
            "TenantSource",
            "TimeUnit",
            "TokenFault",
            "TokenTime",
            "Timestamp",
            "TimestampSource",
            "UrlChange",
            "UrlForm",
            "VapiAlgorithm",
            "VapiCredential",
            "VapiEncoding",
            "Window",
        ],
        says_all: &[
            "BareItem",
            "Dictionary",
            "InnerList",
            "Item",
            "List",
            "Member",
            "Parameters",
            "VerifiedJson",
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
        says_all: &[],
    },
];

#[test]
#[ignore = "needs rustdoc's unstable JSON"]
fn every_public_type_was_thought_of() {
    for known in CRATES {
        let listed: BTreeSet<String> = [known.may_hold, known.cannot_hold, known.says_all]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect();
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
