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
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let text = fs::read_to_string(tests.join("it").join(&file))
            .or_else(|_| fs::read_to_string(tests.join(&file)))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let declared = format!("fn {function}(");
        let place = text.find(&declared).unwrap_or_else(|| panic!("{name} is not there"));
        let attributes = text[..place].lines().rev().take(3).collect::<String>();
        let is_marked = attributes.contains("test]") || attributes.contains("::test(");
        assert!(is_marked, "{name} is no test");
        count += 1;
    }
    assert!(count >= 70, "{count}");
}

#[test]
fn every_attack_has_a_test() {
    for row in PAGE.lines().filter(|line| line.starts_with("| ") && !line.contains("| test |")) {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        assert!(last.trim_matches('`').split("`, `").all(is_test), "{row}");
    }
}

fn is_test(text: &str) -> bool {
    let word = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.contains("::") && text.split("::").all(|part| !part.is_empty() && word(part))
}
