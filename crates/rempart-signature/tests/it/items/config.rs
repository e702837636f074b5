//! Faults of a configuration of items, by name.

use rempart_keys::KeyRing;
use rempart_signature::{
    BodyToken, ConfigError, Coverage, ItemSignatures, MemoryReplayStore, Scheme,
};
use rempart_testing::canary;

use super::{KEY, building, good, policy};
use crate::support::{id, key};

fn faults(builder: rempart_signature::PolicyBuilder) -> Vec<ConfigError> {
    builder.build().err().map(|faults| faults.into_iter().collect()).unwrap_or_default()
}

#[test]
fn less_than_the_body_is_taken_only_when_it_is_called_dangerous() {
    let coverage = Coverage::Fields;
    let body = building().dangerously_accept_coverage(Coverage::Body);
    assert_eq!(faults(body), [ConfigError::BodyNotCovered { coverage }]);
    assert_eq!(faults(building()), []);
    assert_eq!(policy().item_signatures().map(ItemSignatures::coverage), Some(coverage));
}

#[test]
fn a_policy_verifies_one_thing() {
    for builder in [building().scheme(Scheme::vapi()), building().body_token(BodyToken::vonage())] {
        assert_eq!(faults(builder), [ConfigError::SeveralSchemes]);
    }
    assert!(policy().scheme().is_none() && policy().body_token().is_none());
}

#[test]
fn a_key_is_hexadecimal_and_long_enough() {
    let ring = |text: &str| KeyRing::single(id("a"), key("a", text).secret().clone());
    let form = ConfigError::SecretForm { key: id("a") };
    assert_eq!(faults(building().keys(ring("no-hexadecimal-at-all-but-long"))), [form]);
    let short = ConfigError::SecretTooShort { key: id("a"), length: 15, minimum: 16 };
    assert_eq!(faults(building().keys(ring(&KEY[..30]))), [short]);
    let less = building().item_signatures(ItemSignatures::adyen().with_min_secret(15));
    let low = ConfigError::MinSecretTooLow { minimum: 15 };
    assert_eq!(faults(less.clone().keys(ring(&KEY[..30]))), [low]);
    assert_eq!(faults(less.keys(ring(&KEY[..30])).dangerously_short_secrets()), []);
}

#[test]
fn how_long_items_are_remembered_has_to_be_said() {
    let builder = building().replay(MemoryReplayStore::default());
    assert_eq!(faults(builder), [ConfigError::ReplayTtlMissing]);
}

#[test]
fn a_policy_and_its_items_print_nothing_of_anybody() {
    canary::assert_absent(format!("{:?}", policy()), KEY);
    let headers = http::HeaderMap::new();
    let uri = http::Uri::from_static("/");
    let head = rempart_signature::Head::new(&http::Method::POST, &uri, &headers);
    let now = std::time::Duration::ZERO;
    let verified = rempart_signature::verify(&policy(), &head, good().as_bytes(), now).unwrap();
    let printed = format!("{verified:?}");
    assert!(printed.contains("merchantReference") && !printed.contains("TestPayment"), "{printed}");
    let limit = ItemSignatures::adyen().with_body_limit(7);
    assert_eq!(building().item_signatures(limit).build().unwrap().body_limit(), 7);
}
