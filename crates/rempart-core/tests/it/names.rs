//! Names: what is one, what is none, and the small index of a policy's.

use rempart_core::{Fingerprint, KeyId, NameError, PolicyName, RouteName};

#[test]
fn are_short_plain_text() {
    let long = "a".repeat(33);
    #[rustfmt::skip]
    let rows = [
        ("webhook",   Ok("webhook")),
        ("a-1",       Ok("a-1")),
        (&long[..32], Ok(&long[..32])),
        (&long[..],   Err(NameError::TooLong { length: 33, max: 32 })),
        ("",          Err(NameError::Empty)),
        ("Web",       Err(NameError::InvalidByte { offset: 0 })),
        ("a b",       Err(NameError::InvalidByte { offset: 1 })),
        ("a\n",       Err(NameError::InvalidByte { offset: 1 })),
        ("é",         Err(NameError::InvalidByte { offset: 0 })),
    ];
    for (text, want) in rows {
        let got = PolicyName::new(text);
        assert_eq!(got.as_ref().map(PolicyName::as_str).map_err(|error| *error), want, "{text}");
    }
    assert_eq!(KeyId::new("K_1.a-2").unwrap().as_str(), "K_1.a-2");
    assert!(KeyId::new("0123456789abcdef0").is_err());
    assert_eq!(KeyId::new("a/b"), Err(NameError::InvalidByte { offset: 1 }));
}

#[test]
fn compare_as_their_texts() {
    let name = |text| PolicyName::new(text).unwrap();
    let mut names = [name("b"), name("ab"), name("a-"), name("a"), name("abc")];
    names.sort();
    let texts: Vec<_> = names.iter().map(PolicyName::as_str).collect();
    assert_eq!(texts, ["a", "a-", "ab", "abc", "b"]);
    assert_eq!(format!("{:?} {0}", name("api")), "PolicyName(api) api");
    assert_eq!(format!("{}", Fingerprint::from_bytes([0x0a, 0xff, 0])), "0aff00");
}

#[test]
fn policies_of_one_name_share_an_index_and_the_table_is_bounded() {
    let name = |text: &str| PolicyName::new(text).unwrap();
    assert_eq!(name("same").index(), name("same").index());
    assert_ne!(name("one").index(), name("two").index());
    let last = (0..2000).map(|n| name(&format!("made-up-{n}")).index()).max().unwrap();
    assert_eq!(last, PolicyName::INDEXED);
    assert!(name("same").index() < PolicyName::INDEXED, "early names keep theirs");
}

#[test]
fn a_route_is_what_a_router_said() {
    let mut extensions = http::Extensions::new();
    assert_eq!(RouteName::of(&extensions), None);
    extensions.insert(RouteName::new("/calls/{id}"));
    assert_eq!(RouteName::of(&extensions), Some("/calls/{id}"));
}
