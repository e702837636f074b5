//! Origins whose scheme is not the web's.

use rempart_cors::Policy;

use crate::talk::{CRM, request};

#[test]
fn a_named_scheme_is_one_of_exact_origins() {
    let policy = Policy::credentialed("a")
        .custom_schemes(["capacitor", "chrome-extension", "coap+tcp"])
        .origins([CRM, "capacitor://localhost", "chrome-extension://abcdefgh", "coap+tcp://a:1"])
        .build()
        .unwrap();
    let allows =
        |origin| policy.grant(request("GET", &[("origin", origin)]).headers()).is_allowed();
    for origin in [CRM, "capacitor://localhost", "chrome-extension://abcdefgh", "coap+tcp://a:1"] {
        assert!(allows(origin), "{origin}");
    }
    for origin in [
        "capacitor://localhost/",
        "capacitor://Localhost",
        "Capacitor://localhost",
        "capacitor://evil",
        "capacitor:",
        "https://localhost",
        "chrome-extension://abcdefg",
        "coap://a:1",
    ] {
        assert!(!allows(origin), "{origin}");
    }
    assert_eq!(policy.to_config().build().unwrap().to_config(), policy.to_config());
}

/// The ports that the web leaves out are written under any other scheme.
#[test]
fn a_named_scheme_has_no_default_port() {
    let ports = ["coap+tcp://a:443", "coap+tcp://a:80", "coap+tcp://[::1]:443"];
    let named = |origins: &[&str]| {
        Policy::credentialed("a").custom_schemes(["coap+tcp"]).origins(origins).build()
    };
    let policy = named(&ports).unwrap();
    let allows =
        |origin| policy.grant(request("GET", &[("origin", origin)]).headers()).is_allowed();
    assert!(ports.into_iter().all(allows));
    assert!(!["coap+tcp://a", "coap+tcp://[::1]", "coap+tcp://a:4430"].into_iter().any(allows));
    for (text, want) in [
        ("coap+tcp://a:443:443", "the port is not a number"),
        ("coap+tcp://a:0443", "the port is not a number"),
        ("coap+tcp://:443", "the host is empty"),
        ("coap+tcp://A:443", "holds upper-case letters"),
    ] {
        let told = named(&[text]).unwrap_err().to_string();
        assert!(told.starts_with(&format!("origins[0]: `{text}`: {want}")), "{told}");
    }
}

#[test]
fn a_scheme_that_no_origin_has_is_refused_and_so_is_one_that_is_not_named() {
    let fault = |scheme: &str, origin: &str| {
        let policy = Policy::credentialed("a").custom_schemes([scheme]).origins([origin]);
        policy.build().unwrap_err().to_string()
    };
    let (known, invalid) =
        ("is known without being named", "is not a scheme in lower case, written without `://`");
    let no_origin =
        "no origin has it: its pages send `null` or the origin of the page that made them";
    let long = "a".repeat(65);
    for (scheme, want) in [
        ("https", known),
        ("http", known),
        ("file", no_origin),
        ("data", no_origin),
        ("wss", no_origin),
        ("", invalid),
        ("App", invalid),
        ("1a", invalid),
        ("a_b", invalid),
        ("app://", invalid),
        ("*", invalid),
        (&long, invalid),
    ] {
        assert_eq!(fault(scheme, CRM), format!("custom_schemes[0]: `{scheme}`: {want}"));
    }
    let twice = Policy::credentialed("a").custom_schemes(["app", "app"]).origins([CRM]);
    let want = "custom_schemes[1]: `app`: stands in the list already";
    assert_eq!(twice.build().unwrap_err().to_string(), want);
    let many = (0..17).map(|nth| format!("app{nth}"));
    let many = Policy::credentialed("a").custom_schemes(many).origins([CRM]).build().unwrap_err();
    assert_eq!(many.to_string(), "custom_schemes: 17 entries; at most 16 are allowed");
    for (origin, want) in [
        (
            "tauri://localhost",
            "the scheme is neither `https` nor `http`; name others in `custom_schemes`",
        ),
        ("app://", "the host is empty"),
        ("app://a/", "ends in a slash; an origin has no path"),
        (
            "app://*.a",
            "holds a wildcard where none can stand: lists know `https://*.example.com` and `http://localhost:*`",
        ),
        ("app://A", "holds upper-case letters; browsers send an origin in lower case"),
    ] {
        assert_eq!(fault("app", origin), format!("origins[0]: `{origin}`: {want}"));
    }
}

#[test]
fn there_may_be_sixteen_of_them() {
    let named = |count: usize| {
        let schemes = (0..count).map(|nth| format!("app{nth}"));
        Policy::credentialed("a").custom_schemes(schemes).origins([CRM]).build()
    };
    assert!(named(16).is_ok());
    assert!(named(17).unwrap_err().to_string().contains("17"));
}
