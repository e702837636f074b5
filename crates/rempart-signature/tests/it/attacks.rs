//! The page on known attacks names tests that exist.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../ATTACKS.md");

#[test]
fn every_test_that_the_page_names_is_there() {
    let names = PAGE.split('`').skip(1).step_by(2).filter(|text| is_test(text));
    let mut count = 0;
    for name in names {
        let (module, function) = name.rsplit_once("::").unwrap();
        let file = format!("{}.rs", module.replace("::", "/"));
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let rooms = ["tests/it", "tests", "../../testing/tests"];
        let text =
            rooms.iter().find_map(|room| fs::read_to_string(home.join(room).join(&file)).ok());
        let text = text.unwrap_or_else(|| panic!("{name}: no such file"));
        let declared = format!("fn {function}(");
        let place = text.find(&declared).unwrap_or_else(|| panic!("{name} is not there"));
        let attributes = text[..place].lines().rev().take(3).collect::<String>();
        // One that is compiled into optimised builds alone has its word in a list.
        let is_test = attributes.contains("test]") || attributes.contains(", test, ");
        assert!(is_test, "{name} is no test");
        count += 1;
    }
    assert!(count >= 35, "{count}");
}

/// Of all that any feature of any crate here brings in.
#[test]
fn rsa_is_left_to_ring() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = fs::read_to_string(lock).unwrap();
    assert!(lock.contains("\nname = \"ring\"\n"));
    assert!(!lock.contains("\nname = \"rsa\"\n"), "RUSTSEC-2023-0071");
}

#[test]
fn every_attack_has_a_test() {
    for row in PAGE.lines().filter(|line| line.starts_with("| ") && !line.contains("| test |")) {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let named = last.trim_matches('`').split("`, `").all(is_test);
        assert!(named || last == "its own documentation, which must not compile", "{row}");
    }
}

fn is_test(text: &str) -> bool {
    let word = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.contains("::") && text.split("::").all(|part| !part.is_empty() && word(part))
}
