//! Keys that say whose rights they have: read to the letter, and told apart when swapped.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rempart_keys::{
    ConfigError, Kind, Loader, Profile, Provenance, Rule, Schema, SupabaseRole, VapiScope, Variable,
};

const ANON: Kind = Kind::SupabaseKey(SupabaseRole::Anon);
const SERVICE: Kind = Kind::SupabaseKey(SupabaseRole::ServiceRole);
const PRIVATE: Kind = Kind::VapiKey(VapiScope::Private);
const PUBLIC: Kind = Kind::VapiKey(VapiScope::Public);

/// A token of this payload, signed by nobody.
pub(crate) fn jwt(payload: impl AsRef<[u8]>) -> String {
    format!("eyJhbGciOiJIUzI1NiJ9.{}.bWFkZS11cA", URL_SAFE_NO_PAD.encode(payload))
}

#[test]
fn the_role_of_a_payload_is_the_one_that_every_reader_sees() {
    const A: Option<SupabaseRole> = Some(SupabaseRole::Anon);
    const S: Option<SupabaseRole> = Some(SupabaseRole::ServiceRole);
    let deep =
        |levels| format!(r#"{{"a":{}0{},"role":"anon"}}"#, "[".repeat(levels), "]".repeat(levels));
    let rows: Vec<(&str, String, Option<SupabaseRole>)> = [
        ("anon", r#"{"role":"anon"}"#, A),
        ("service", r#"{"role":"service_role"}"#, S),
        (
            "among others",
            r#"{"iss":"supabase","ref":"made-up","role":"anon","iat":1,"exp":2.5e+9}"#,
            A,
        ),
        ("blanks", " {\n\t\"role\" : \"service_role\"\r} ", S),
        (
            "every kind of value before it",
            r#"{"a":[1,-2.5,true,false,null,"x",{},[]],"b":{"c":{"d":[]}},"role":"anon"}"#,
            A,
        ),
        ("after it", r#"{"role":"anon","z":{"y":[{"x":0}]}}"#, A),
        ("an escape in the name", r#"{"r\u006fle":"service_role"}"#, S),
        ("an escape in the value", r#"{"role":"service\u005Frole"}"#, S),
        ("every letter escaped", r#"{"\u0072\u006F\u006c\u0065":"\u0061\u006e\u006f\u006e"}"#, A),
        ("other names with escapes", r#"{"\"\\\/\b\f\n\r\t\ud83d\ude00":"\"","role":"anon"}"#, A),
        ("letters beyond ASCII", "{\"nom\":\"h\u{e9}l\u{e8}ne \u{1f600}\",\"role\":\"anon\"}", A),
        (
            "nested counts for nothing",
            r#"{"app_metadata":{"role":"service_role"},"role":"anon"}"#,
            A,
        ),
        ("nested alone", r#"{"user":{"role":"service_role"}}"#, None),
        ("in a list", r#"[{"role":"service_role"}]"#, None),
        ("in a text", r#"{"a":"\"role\":\"service_role\""}"#, None),
        ("twice", r#"{"role":"anon","role":"service_role"}"#, None),
        ("twice and the same", r#"{"role":"anon","role":"anon"}"#, None),
        ("twice, once escaped", r#"{"role":"anon","r\u006fle":"service_role"}"#, None),
        ("twice, once no text", r#"{"role":null,"role":"service_role"}"#, None),
        ("a list of roles", r#"{"role":["service_role"]}"#, None),
        ("an object", r#"{"role":{"role":"service_role"}}"#, None),
        ("null", r#"{"role":null}"#, None),
        ("none", r#"{"iss":"supabase"}"#, None),
        ("empty", "{}", None),
        ("a role of users", r#"{"role":"authenticated"}"#, None),
        ("a capital", r#"{"role":"Anon"}"#, None),
        ("a capital in the name", r#"{"Role":"anon"}"#, None),
        ("a blank in the value", r#"{"role":"anon "}"#, None),
        ("a NUL in the value", r#"{"role":"anon\u0000"}"#, None),
        ("the beginning of a role", r#"{"role":"service"}"#, None),
        ("a text alone", r#""anon""#, None),
        ("nothing", " ", None),
        ("cut off", r#"{"role":"anon""#, None),
        ("cut off in the text", r#"{"role":"anon"#, None),
        ("cut off in an escape", r#"{"role":"anon\u00"#, None),
        ("something after it", r#"{"role":"anon"}{}"#, None),
        ("a comma at the end", r#"{"role":"anon",}"#, None),
        ("a comma at the beginning", r#"{,"role":"anon"}"#, None),
        ("no comma", r#"{"a":1 "role":"anon"}"#, None),
        ("no colon", r#"{"role" "anon"}"#, None),
        ("a name without quotes", r#"{role:"anon"}"#, None),
        ("single quotes", "{'role':'anon'}", None),
        ("a comment", r#"{/**/"role":"anon"}"#, None),
        ("a line break in a text", "{\"role\":\"anon\",\"a\":\"\n\"}", None),
        ("an escape that is none", r#"{"role":"anon","a":"\x"}"#, None),
        ("a sign in an escape", r#"{"role":"anon","a":"\u+041"}"#, None),
        ("half a pair", r#"{"role":"anon","a":"\ud83d"}"#, None),
        ("half a pair and a letter", r#"{"role":"anon","a":"\ud83d\u0041"}"#, None),
        ("the other half", r#"{"role":"anon","a":"\ude00"}"#, None),
        ("a zero before a number", r#"{"role":"anon","a":01}"#, None),
        ("a sign alone", r#"{"role":"anon","a":-}"#, None),
        ("a plus sign", r#"{"role":"anon","a":+1}"#, None),
        ("a point without digits", r#"{"role":"anon","a":1.}"#, None),
        ("a point first", r#"{"role":"anon","a":.1}"#, None),
        ("an exponent without digits", r#"{"role":"anon","a":1e+}"#, None),
        ("NaN", r#"{"role":"anon","a":NaN}"#, None),
        ("a word cut off", r#"{"role":"anon","a":tru}"#, None),
        ("a list with a comma at the end", r#"{"role":"anon","a":[1,]}"#, None),
        ("a list without commas", r#"{"role":"anon","a":[1 2]}"#, None),
        ("a list that is closed as an object", r#"{"role":"anon","a":[1}}"#, None),
        ("a byte order mark", "\u{feff}{\"role\":\"anon\"}", None),
        ("a blank that JSON has not", "{\"role\":\u{a0}\"anon\"}", None),
    ]
    .into_iter()
    .map(|(row, payload, want)| (row, payload.to_owned(), want))
    .chain([
        ("14 levels inside", deep(14), A),
        ("15 levels inside", deep(15), None),
        ("a thousand levels inside", deep(1_000), None),
        ("never closed", "[".repeat(5_000), None),
    ])
    .collect();
    for (row, payload, want) in rows {
        assert_eq!(SupabaseRole::of(&jwt(&payload)), want, "{row}: {payload}");
    }
}

#[test]
fn only_the_canonical_form_of_base64url_is_read() {
    // `{"role":"anon"}` has 15 bytes, with a blank or two 16 and 17.
    let payload = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let role = |payload: &str| SupabaseRole::of(&format!("e30.{payload}.c2ln"));
    let anon = Some(SupabaseRole::Anon);
    for text in [r#"{"role":"anon"}"#, r#"{"role":"anon" }"#, r#"{"role":"anon"  }"#] {
        assert_eq!(role(&payload(text)), anon, "{text}");
        assert_eq!(role(&format!("{}=", payload(text))), None, "padding");
        assert_eq!(role(&format!("{}\n", payload(text))), None, "a line break");
    }
    let sixteen = payload(r#"{"role":"anon" }"#);
    assert_eq!(&sixteen[20..], "fQ");
    assert_eq!(role(&format!("{}fR", &sixteen[..20])), None, "bits that no byte is made of");
    let seventeen = payload(r#"{"role":"anon"  }"#);
    assert_eq!(&seventeen[20..], "IH0");
    assert_eq!(role(&format!("{}IH1", &seventeen[..20])), None, "the same of two bits");
    assert_eq!(role(&seventeen[..21]), None, "a digit alone");
    // `?>` and `??` are spelt with the two digits in which the alphabets differ.
    let url_safe = payload(r#"{"a":"??>","b":"~~~~","role":"anon"}"#);
    assert!(url_safe.contains('_') || url_safe.contains('-'), "{url_safe}");
    assert_eq!(role(&url_safe), anon);
    assert_eq!(role(&url_safe.replace('_', "/").replace('-', "+")), None, "the other alphabet");
    assert_eq!(SupabaseRole::of(&jwt(b"{\"role\":\"anon\",\"a\":\"\xff\"}")), None, "not UTF-8");
}

#[test]
fn every_digit_has_its_six_bits() {
    // The text that decodes to every value once, in a name beside the role.
    let all: Vec<u8> = (0..=255).collect();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (nth, digit) in digits.chars().enumerate() {
        // `{"role":"anon","x":"…"}` with a printable byte made of this digit as its low bits.
        let byte = 0x40 | u8::try_from(nth).unwrap();
        if byte == b'\\' || byte == 0x7f {
            continue;
        }
        let text = [b"{\"role\":\"anon\",\"xx\":\"".as_slice(), &[byte; 3], b"\"}"].concat();
        let encoded = URL_SAFE_NO_PAD.encode(&text);
        assert!(encoded.contains(digit), "{digit}: {encoded}");
        assert_eq!(SupabaseRole::of(&jwt(&text)), Some(SupabaseRole::Anon), "{digit}");
    }
    assert_eq!(SupabaseRole::of(&jwt(all)), None);
}

#[test]
fn a_token_has_three_parts_and_at_most_8_kib() {
    let token = jwt(r#"{"role":"anon"}"#);
    let (rest, _) = token.rsplit_once('.').unwrap();
    assert_eq!(SupabaseRole::of(rest), None);
    assert_eq!(SupabaseRole::of(&format!("{token}.a")), None);
    assert_eq!(SupabaseRole::of(""), None);
    assert_eq!(SupabaseRole::of("anon"), None);
    let long = |length: usize| format!("{rest}.{}", "a".repeat(length - rest.len() - 1));
    assert_eq!(SupabaseRole::of(&long(8192)), Some(SupabaseRole::Anon));
    assert_eq!(SupabaseRole::of(&long(8193)), None);
    let wide = format!(r#"{{"role":"anon","a":"{}"}}"#, "a".repeat(6_000));
    assert_eq!(SupabaseRole::of(&jwt(&wide)), Some(SupabaseRole::Anon));
    assert_eq!(SupabaseRole::of(&jwt(wide.repeat(2))), None);
}

#[test]
fn the_scope_of_a_vapi_key_stands_in_its_token() {
    let scope = |payload: &str| VapiScope::of(&jwt(payload));
    for (payload, want) in [
        (r#"{"orgId":"made-up","token":{"tag":"private"}}"#, Some(VapiScope::Private)),
        (
            r#"{"orgId":"made-up","token":{"tag":"public","restrictions":{}}}"#,
            Some(VapiScope::Public),
        ),
        (r#"{"tag":"private"}"#, None),
        (r#"{"token":"private"}"#, None),
        (r#"{"token":{"restrictions":{"tag":"private"}}}"#, None),
        (r#"{"token":{"tag":"public"},"token":{"tag":"private"}}"#, None),
        (r#"{"token":{"tag":"public","tag":"private"}}"#, None),
        (r#"{"token":{"tag":"public"},"a":{"token":{"tag":"private"}}}"#, Some(VapiScope::Public)),
    ] {
        assert_eq!(scope(payload), want, "{payload}");
    }
    assert_eq!(VapiScope::of("vapi_sk_made-up"), Some(VapiScope::Private));
    assert_eq!(VapiScope::of("vapi_pk_made-up"), Some(VapiScope::Public));
    assert_eq!(VapiScope::of("6f1c2f0e-0000-4000-8000-00000000abcd"), None);
}

fn load(kind: Kind, profile: Profile, value: &str) -> Result<(), Vec<ConfigError>> {
    let variable = Variable::new("KEY", kind);
    let shown = Schema::new([variable.browser_ok()]).is_ok();
    let schema = Schema::new([if shown { variable.browser_ok() } else { variable }]).unwrap();
    let loader = Loader::new(&schema, profile).environment([("KEY", value)]);
    loader.load().map(drop).map_err(|errors| errors.into_iter().collect())
}

#[test]
fn keys_that_were_swapped_are_told_apart_and_both_are_named() {
    let [anon, service] =
        ["anon", "service_role"].map(|role| jwt(format!(r#"{{"role":"{role}"}}"#)));
    let [private, public] =
        ["private", "public"].map(|tag| jwt(format!(r#"{{"token":{{"tag":"{tag}"}}}}"#)));
    let uuid = "6f1c2f0e-0000-4000-8000-00000000abcd";
    let wrong = |kind| Err(Rule::Kind(kind));
    let swapped = |wanted, found| Err(Rule::Swapped { wanted, found });
    let rows = [
        (ANON, anon.as_str(), Ok(())),
        (ANON, "sb_publishable_made-up_1", Ok(())),
        (ANON, &service, swapped(ANON, SERVICE)),
        (ANON, "sb_secret_made-up_1", swapped(ANON, SERVICE)),
        (ANON, "sb_publishable_short", wrong(ANON)),
        (ANON, "sb_other_made-up_1", wrong(ANON)),
        (ANON, uuid, wrong(ANON)),
        (ANON, &jwt(r#"{"role":"authenticated"}"#), wrong(ANON)),
        (ANON, &jwt(r#"{"role":"anon","role":"anon"}"#), wrong(ANON)),
        (SERVICE, &service, Ok(())),
        (SERVICE, "sb_secret_made-up_1", Ok(())),
        (SERVICE, &anon, swapped(SERVICE, ANON)),
        (SERVICE, "sb_publishable_made-up_1", swapped(SERVICE, ANON)),
        (SERVICE, "sb_secret_short", wrong(SERVICE)),
        (SERVICE, &jwt(r#"{"sub":"made-up"}"#), wrong(SERVICE)),
        (SERVICE, &anon.replace("eyJhbGci", "abJhbGci"), swapped(SERVICE, ANON)),
        (SERVICE, &service.replace("eyJhbGci", "abJhbGci"), wrong(SERVICE)),
        (PRIVATE, "vapi_sk_made-up_1", Ok(())),
        (PRIVATE, uuid, Ok(())),
        (PRIVATE, &private, Ok(())),
        (PRIVATE, "vapi_pk_made-up_1", swapped(PRIVATE, PUBLIC)),
        (PRIVATE, &public, swapped(PRIVATE, PUBLIC)),
        (PRIVATE, "vapi_sk_short", wrong(PRIVATE)),
        (PRIVATE, "made-up", wrong(PRIVATE)),
        (PUBLIC, "vapi_pk_made-up_1", Ok(())),
        (PUBLIC, uuid, Ok(())),
        (PUBLIC, &public, Ok(())),
        (PUBLIC, "vapi_sk_made-up_1", swapped(PUBLIC, PRIVATE)),
        (PUBLIC, &private, swapped(PUBLIC, PRIVATE)),
        (PUBLIC, &anon, wrong(PUBLIC)),
    ];
    for profile in [Profile::Development, Profile::Production] {
        for (kind, value, want) in rows {
            let (variable, provenance, offset) = ("KEY", Provenance::Environment, None);
            let fault = |rule| vec![ConfigError::Value { variable, provenance, offset, rule }];
            let got = load(kind, profile, value);
            assert_eq!(got, want.map_err(fault), "{value} as {kind}");
        }
    }
}

#[test]
fn a_swap_is_said_in_words_and_without_a_value() {
    let rows = [
        (
            ANON,
            "sb_secret_made-up_1",
            "is a Supabase key of the role `service_role`, and a Supabase key of the role `anon` belongs here",
        ),
        (
            SERVICE,
            "sb_publishable_made-up_1",
            "is a Supabase key of the role `anon`, and a Supabase key of the role `service_role` belongs here",
        ),
        (
            PRIVATE,
            "vapi_pk_made-up_1",
            "is a public key of Vapi, and a private key of Vapi belongs here",
        ),
        (
            PUBLIC,
            "vapi_sk_made-up_1",
            "is a private key of Vapi, and a public key of Vapi belongs here",
        ),
        (ANON, "sb_publishable_made.up_1", "is not a Supabase key of the role `anon` (byte 19)"),
        (
            Kind::Text,
            "sb_secret_made-up_1",
            "is a Supabase key of the role `service_role`, which no browser may see",
        ),
    ];
    for (kind, value, want) in rows {
        let errors = load(kind, Profile::Production, value).unwrap_err();
        assert_eq!(errors[0].to_string(), format!("KEY: the environment: {want}"));
        assert!(!format!("{errors:?}").contains("made-up"));
    }
}

#[test]
fn no_variable_for_browsers_takes_a_key_for_servers_whatever_its_kind() {
    let service = jwt(r#"{"role":"service_role"}"#);
    let private = jwt(r#"{"token":{"tag":"private"}}"#);
    for kind in [Kind::Text, Kind::Jwt, Kind::AnyOf(&[Kind::Jwt, Kind::Text])] {
        for (value, found) in [(&service, SERVICE), (&private, PRIVATE)] {
            let errors = load(kind, Profile::Development, value).unwrap_err();
            let rule = |error: &ConfigError| match error {
                ConfigError::Value { rule, .. } => Some(*rule),
                _ => None,
            };
            assert_eq!(
                errors.iter().map(rule).collect::<Vec<_>>(),
                [Some(Rule::ServerOnly(found))]
            );
        }
        assert_eq!(load(kind, Profile::Development, &jwt(r#"{"role":"anon"}"#)), Ok(()));
    }
    let schema = Schema::new([Variable::new("KEY", Kind::Jwt)]).unwrap();
    let loader = Loader::new(&schema, Profile::Production).environment([("KEY", service)]);
    assert!(loader.load().is_ok(), "the server may have it");
}

#[test]
fn the_keys_of_the_demonstration_are_refused_in_production() {
    let demo = |role| jwt(format!(r#"{{"iss":"supabase-demo","role":"{role}"}}"#));
    for (kind, value) in
        [(ANON, demo("anon")), (SERVICE, demo("service_role")), (Kind::Jwt, demo("anon"))]
    {
        assert_eq!(load(kind, Profile::Development, &value), Ok(()));
        let errors = load(kind, Profile::Production, &value).unwrap_err();
        let text = "KEY: the environment: is a key of a demonstration, which everybody has";
        assert_eq!(errors[0].to_string(), text);
    }
}

#[test]
fn one_value_in_two_variables_is_a_fault_where_a_browser_may_see_one() {
    let shown = |name| Variable::new(name, Kind::Text).browser_ok();
    let hidden = |name| Variable::new(name, Kind::Text);
    let schema =
        Schema::new([hidden("A"), shown("B"), hidden("C"), shown("D"), hidden("E")]).unwrap();
    let value = |n: u8| format!("made-up-secret-of-32-bytes-number-{n}");
    let load = |values: [u8; 5]| {
        let names = ["A", "B", "C", "D", "E"].into_iter();
        let environment = names.zip(values.map(value));
        let loaded = Loader::new(&schema, Profile::Production).environment(environment).load();
        loaded.map(drop).map_err(|errors| errors.into_iter().collect::<Vec<_>>())
    };
    let exposed = |variable, shown| ConfigError::Exposed { variable, shown };
    assert_eq!(load([1, 2, 3, 4, 5]), Ok(()));
    assert_eq!(load([1, 2, 1, 2, 1]), Ok(()), "what is hidden twice is hidden");
    assert_eq!(load([1, 1, 3, 4, 5]), Err(vec![exposed("A", "B")]));
    assert_eq!(load([4, 2, 3, 4, 2]), Err(vec![exposed("A", "D"), exposed("E", "B")]));
    assert_eq!(exposed("A", "B").to_string(), "A: has the value of B, which a browser may see");
}
