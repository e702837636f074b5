use std::time::Duration;

use rempart_keys::{
    Audience, ConfigError, Kind, Profile, Schema, SchemaFault, SupabaseRole, VapiScope, Variable,
};

const NESTED: Kind = Kind::AnyOf(&[Kind::AnyOf(&[Kind::Text])]);

#[test]
fn a_schema_that_contradicts_itself_is_refused_with_every_fault() {
    let text = |name| Variable::new(name, Kind::Text);
    let errors = Schema::new([
        text("A"),
        text("A"),
        text("A_FILE"),
        text("lower"),
        text(""),
        text("1A"),
        text("A-B"),
        text("B").default_value("made-up-secret-in-the-code"),
        text("C").min_bytes(31),
        Variable::new("D", NESTED),
        Variable::new("E", Kind::AnyOf(&[])),
        Variable::new("F", Kind::HTTPS).generated_in_development(),
        text("G").rotated_every(Duration::ZERO),
        Variable::new("H", Kind::SupabaseKey(SupabaseRole::ServiceRole)).browser_ok(),
        Variable::new("I", Kind::VapiKey(VapiScope::Private)).browser_ok(),
        Variable::new("J", Kind::TwilioToken).browser_ok(),
        Variable::new("K", Kind::AnyOf(&[Kind::Uuid, Kind::TwilioToken])).browser_ok(),
    ])
    .unwrap_err();
    let got: Vec<_> = errors
        .into_iter()
        .map(|error| match error {
            ConfigError::Schema { variable, fault } => (variable, fault),
            other => panic!("{other}"),
        })
        .collect();
    let want = [
        ("A", SchemaFault::DuplicateName),
        ("A_FILE", SchemaFault::DuplicateName),
        ("lower", SchemaFault::InvalidName),
        ("", SchemaFault::InvalidName),
        ("1A", SchemaFault::InvalidName),
        ("A-B", SchemaFault::InvalidName),
        ("B", SchemaFault::DefaultSecret),
        ("C", SchemaFault::WeakMinimum),
        ("D", SchemaFault::NestedKinds),
        ("E", SchemaFault::NestedKinds),
        ("F", SchemaFault::NotGenerated),
        ("G", SchemaFault::NoPeriod),
        ("H", SchemaFault::ShownSecret),
        ("I", SchemaFault::ShownSecret),
        ("J", SchemaFault::ShownSecret),
        ("K", SchemaFault::ShownSecret),
    ];
    assert_eq!(got, want);
}

#[test]
fn a_name_has_at_most_64_bytes_and_a_schema_64_variables() {
    let names: Vec<&'static str> =
        (0..65).map(|n| &*Box::leak(format!("N{n}").into_boxed_str())).collect();
    let variables = |count| names.iter().take(count).map(|name| Variable::new(name, Kind::Text));
    assert!(Schema::new(variables(64)).is_ok());
    let error = Schema::new(variables(65)).unwrap_err().into_iter().next().unwrap();
    let want = ConfigError::Schema { variable: "N64", fault: SchemaFault::TooMany };
    assert_eq!(error, want);

    let long: &'static str = Box::leak("N".repeat(65).into_boxed_str());
    assert!(Schema::new([Variable::new(&long[1..], Kind::Text)]).is_ok());
    assert!(Schema::new([Variable::new(long, Kind::Text)]).is_err());
}

#[test]
fn a_variable_is_server_only_and_optional_until_said_otherwise() {
    let variable = Variable::new("A", Kind::Text);
    assert_eq!(variable.audience(), Audience::ServerOnly);
    for profile in [Profile::Development, Profile::Production] {
        assert!(!variable.is_required_in(profile));
        assert!(variable.required_in(profile).is_required_in(profile));
    }
    assert!(!variable.required_in(Profile::Production).is_required_in(Profile::Development));
}

#[test]
fn a_browser_may_see_the_keys_that_are_made_for_it() {
    for kind in [Kind::SupabaseKey(SupabaseRole::Anon), Kind::VapiKey(VapiScope::Public)] {
        assert!(Schema::new([Variable::new("A", kind).browser_ok()]).is_ok(), "{kind}");
    }
}

#[test]
fn a_variable_is_changed_as_often_as_is_said_and_never_by_default() {
    const QUARTERLY: Variable = Variable::new("A", Kind::Text).rotated_every(Variable::QUARTERLY);
    assert_eq!(QUARTERLY.rotation(), Some(Duration::from_secs(90 * 86_400)));
    assert_eq!(Variable::new("A", Kind::Text).rotation(), None);
}
