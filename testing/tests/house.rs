//! The rules of the house that the compiler does not know: who may depend on whom, on how much,
//! and how old a compiler must suffice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The most third-party crates, default features, that a crate may bring into a build.
const CEILINGS: [(&str, usize); 10] = [
    ("rempart-core", 18),
    ("rempart-rate-limit", 25),
    ("rempart-headers", 25),
    ("rempart-cors", 25),
    ("rempart-monitor", 30),
    ("rempart-keys", 36),
    ("rempart-redact", 36),
    ("rempart-signature", 45),
    ("rempart-token", 45),
    ("rempart", 60),
];

/// Which crates of the house a crate may lean on.
const ARROWS: [(&str, &[&str]); 9] = [
    ("rempart-core", &[]),
    ("rempart-keys", &["rempart-core"]),
    ("rempart-signature", &["rempart-core", "rempart-keys"]),
    ("rempart-token", &["rempart-core", "rempart-keys"]),
    ("rempart-redact", &["rempart-core", "rempart-keys"]),
    ("rempart-rate-limit", &["rempart-core"]),
    ("rempart-cors", &["rempart-core"]),
    ("rempart-headers", &["rempart-core"]),
    ("rempart-monitor", &["rempart-core"]),
];

/// What no crate may bring in without being asked to by a feature.
const NEVER_BY_DEFAULT: [&str; 6] = ["axum", "hyper", "redis", "ring", "tokio", "tonic"];

/// No file past this; a longer one holds more than one idea.
const LONGEST_FILE: usize = 400;

#[test]
fn crates_stay_small() {
    for (crate_name, ceiling) in CEILINGS {
        let brought = third_party(crate_name);
        assert!(
            brought.len() <= ceiling,
            "{crate_name} brings {} crates, and may bring {ceiling}: {brought:?}",
            brought.len()
        );
        for heavy in NEVER_BY_DEFAULT {
            assert!(!brought.contains(heavy), "{crate_name} brings {heavy} unasked");
        }
    }
}

#[test]
fn arrows_point_one_way() {
    let packages = packages();
    for (crate_name, allowed) in ARROWS {
        for dependency in normal_dependencies(&packages[crate_name]) {
            let ours = dependency.starts_with("rempart");
            assert!(
                !ours || allowed.contains(&dependency.as_str()),
                "{crate_name} -> {dependency}"
            );
        }
    }
}

#[test]
fn dependencies_build_with_the_compiler_we_promise() {
    let metadata = metadata(&[]);
    let all: BTreeMap<&str, &Value> =
        array(&metadata, "packages").iter().map(|package| (text(package, "id"), package)).collect();
    let ours = array(&metadata, "workspace_members").iter().filter_map(Value::as_str);
    let nodes: BTreeMap<&str, &Value> =
        array(&metadata["resolve"], "nodes").iter().map(|node| (text(node, "id"), node)).collect();
    for member in ours {
        let package = all[member];
        // Benches and tests may use the newest.
        if package["publish"].is_array() && !text(package, "manifest_path").contains("/examples/") {
            continue;
        }
        let promised = version(text(package, "rust_version"));
        let mut seen = BTreeSet::new();
        let mut open = vec![member];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if let Some(needed) = all[id]["rust_version"].as_str() {
                let (name, needs) = (text(all[id], "name"), version(needed));
                let whose = text(package, "name");
                assert!(needs <= promised, "{whose}: {name} needs Rust {needed}");
            }
            open.extend(
                array(nodes[id], "deps")
                    .iter()
                    .filter(|dependency| {
                        let kinds = array(dependency, "dep_kinds");
                        kinds.iter().any(|kind| kind["kind"] != "dev")
                    })
                    .map(|dependency| text(dependency, "pkg")),
            );
        }
    }
}

#[test]
fn versions_go_in_lockstep() {
    let versions: BTreeSet<_> =
        packages().into_values().map(|package| text(&package, "version").to_owned()).collect();
    assert_eq!(versions.len(), 1, "{versions:?}");
}

#[test]
fn no_file_holds_more_than_one_idea() {
    let mut long = Vec::new();
    for folder in ["crates", "examples", "benches", "testing", "fuzz"] {
        each_file(&root().join(folder), &mut |path| {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(path).expect("UTF-8").lines().count();
                assert!(!path.ends_with("mod.rs"), "{}: no `mod.rs`", path.display());
                if lines > LONGEST_FILE {
                    long.push(format!("{}: {lines} lines", path.display()));
                }
            }
        });
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_ignored_test_says_why() {
    for folder in ["crates", "examples", "benches", "testing"] {
        each_file(&root().join(folder), &mut |path| {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(path).expect("UTF-8");
                let bare = concat!("#[ign", "ore]");
                assert!(!source.contains(bare), "{}", path.display());
            }
        });
    }
}

#[test]
fn the_readme_shows_the_example_that_is_compiled() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("UTF-8");
    let (readme, example) = (read("README.md"), read("examples/quickstart/src/main.rs"));
    let code = &example[example.find("use ").expect("code")..];
    assert!(readme.contains(&format!("```rust\n{code}```")), "README.md and quickstart differ");
    assert!(code.lines().count() < 40);
}

/// The third-party crates in a build of this one with its default features.
fn third_party(crate_name: &str) -> BTreeSet<String> {
    let tree = cargo(&[
        "tree",
        "--package",
        crate_name,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| !name.starts_with("rempart")).map(str::to_owned).collect()
}

fn packages() -> BTreeMap<String, Value> {
    let metadata = metadata(&["--no-deps"]);
    let packages = array(&metadata, "packages").iter();
    packages.map(|package| (text(package, "name").to_owned(), package.clone())).collect()
}

fn normal_dependencies(package: &Value) -> Vec<String> {
    let dependencies = array(package, "dependencies").iter();
    let normal = dependencies.filter(|dependency| dependency["kind"] != "dev");
    normal.map(|dependency| text(dependency, "name").to_owned()).collect()
}

fn metadata(arguments: &[&str]) -> Value {
    let arguments = [&["metadata", "--format-version", "1"], arguments].concat();
    serde_json::from_str(&cargo(&arguments)).expect("JSON")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn each_file(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            if entry.file_name() != "target" {
                each_file(&path, visit);
            }
        } else {
            visit(&path);
        }
    }
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().expect("an array")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().expect("a text")
}

/// `1.88` and `1.88.0` alike.
fn version(text: &str) -> Vec<u64> {
    let mut parts: Vec<u64> = text.split('.').filter_map(|part| part.parse().ok()).collect();
    parts.resize(3, 0);
    parts
}
