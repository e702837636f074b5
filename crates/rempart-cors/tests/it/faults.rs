//! Bad configurations, and what is said of them.

use std::time::Duration;

use rempart_cors::{
    Anonymous, ConfigError, Credentialed, Enforce, Field, HeaderNameError, MaxAgeError,
    MethodError, OriginError, Policy, PolicyBuilder, PolicyConfig,
};

use crate::talk::CRM;

fn credentialed() -> PolicyBuilder<Credentialed> {
    Policy::credentialed("api").origins([CRM])
}

fn anonymous() -> PolicyBuilder<Anonymous> {
    Policy::anonymous("api").origins([CRM])
}

fn fault(builder: PolicyBuilder<Credentialed>) -> String {
    builder.build().unwrap_err().to_string()
}

#[test]
fn an_origin_that_can_never_match_is_named_with_its_place_and_reason() {
    let origin = |text: &str| fault(credentialed().origins([text]));
    #[rustfmt::skip]
    let rows = [
        ("",                       "origins[1]: ``: is empty"),
        ("null",                   "origins[1]: `null`: `null` is what any sandboxed page sends; it cannot be trusted"),
        ("*",                      "origins[1]: `*`: holds a wildcard where none can stand: lists know `https://*.example.com` and `http://localhost:*`"),
        ("https://dräin.example",  "origins[1]: `https://dräin.example`: is not ASCII; write the host in punycode (`xn--…`), as browsers send it"),
        ("app.example.com",        "origins[1]: `app.example.com`: has no scheme; write `https://` in front"),
        ("file://",                "origins[1]: `file://`: `file:` pages send `null`; they have no origin to allow"),
        ("wss://app.example.com",  "origins[1]: `wss://app.example.com`: the scheme is neither `https` nor `http`; name others in `custom_schemes`"),
        ("https://App.example.com", "origins[1]: `https://App.example.com`: holds upper-case letters; browsers send an origin in lower case"),
        ("https://u@example.com",  "origins[1]: `https://u@example.com`: holds user information; an origin is scheme, host and port"),
        ("https://example.com/",   "origins[1]: `https://example.com/`: ends in a slash; an origin has no path"),
        ("https://example.com/a",  "origins[1]: `https://example.com/a`: holds a path, query, fragment or backslash; an origin is scheme, host and port"),
        ("https://example.com.",   "origins[1]: `https://example.com.`: the host ends in a dot, which makes it another origin"),
        ("https://example.com:443", "origins[1]: `https://example.com:443`: names the scheme's default port, which browsers leave out"),
        ("https://example.com:0",  "origins[1]: `https://example.com:0`: the port is not a number from 1 to 65535, written without a sign or leading zero"),
        ("https://a.example\r\n",  "origins[1]: `https://a.example\\r\\n`: the host holds a byte that no host name has"),
        ("https://xn--a.example",  "origins[1]: `https://xn--a.example`: a label beginning with `xn--` is not punycode of a non-ASCII name"),
        ("https://1.2.3",          "origins[1]: `https://1.2.3`: the host ends in a number but is not an IPv4 address in dotted decimal form"),
        ("https://[::ffff:a00:1]", "origins[1]: `https://[::ffff:a00:1]`: holds an IPv4-mapped IPv6 address; write the IPv4 address"),
        ("http://app.example.com", "origins[1]: `http://app.example.com` is not https, and the policy allows credentials"),
        ("http://10.0.0.1:8080",   "origins[1]: `http://10.0.0.1:8080` is not https, and the policy allows credentials"),
        (CRM,                      "origins[1]: `https://drain-fortin-crm.com` stands in the list already"),
    ];
    for (text, want) in rows {
        assert_eq!(origin(text), want, "{text}");
    }
}

#[test]
fn methods_and_header_names_that_can_never_be_asked_for_are_refused() {
    let method = |text: &str| fault(credentialed().methods([text]));
    let header = |text: &str| fault(credentialed().request_headers([text]));
    let exposed = |text: &str| fault(credentialed().expose_headers([text]));
    let forbidden = "no page can send it: browsers forbid CONNECT, TRACE and TRACK";
    let case = "browsers ask for it in upper case, and methods are compared byte by byte";
    for (text, want) in [
        ("", "is not a method"),
        ("PUT DELETE", "is not a method"),
        ("PUT,DELETE", "is not a method"),
        ("É", "is not a method"),
        ("A-METHOD-NAME-OF-THIRTY-THREE-BYT", "is not a method"),
        ("*", "`*` stands for no method here; an anonymous policy has `any_method`"),
        ("TRACE", forbidden),
        ("connect", forbidden),
        ("Track", forbidden),
        ("put", case),
        ("Delete", case),
        ("get", case),
    ] {
        assert_eq!(method(text), format!("methods[0]: `{text}`: {want}"));
    }
    let wildcard = "`*` stands for no header here; an anonymous policy has `any_request_header` and `expose_any`";
    let forbidden = "no page can use it: browsers forbid the name";
    let protocol = "is a header of the CORS protocol itself";
    let long = "x".repeat(129);
    for (text, want) in [
        ("", "is not a header name"),
        ("x a", "is not a header name"),
        ("x:a", "is not a header name"),
        ("clé", "is not a header name"),
        (&long, "is not a header name"),
        ("*", wildcard),
        ("Cookie", forbidden),
        ("host", forbidden),
        ("origin", forbidden),
        ("content-length", forbidden),
        ("transfer-encoding", forbidden),
        ("Proxy-Authorization", forbidden),
        ("sec-fetch-site", forbidden),
        ("Access-Control-Allow-Origin", protocol),
        ("access-control-request-headers", protocol),
    ] {
        assert_eq!(header(text), format!("request_headers[0]: `{text}`: {want}"));
    }
    for (text, want) in [
        ("", "is not a header name"),
        ("*", wildcard),
        ("Set-Cookie", forbidden),
        ("set-cookie2", forbidden),
        ("access-control-allow-origin", protocol),
    ] {
        assert_eq!(exposed(text), format!("expose_headers[0]: `{text}`: {want}"));
    }
    let want = "methods[1]: `PUT`: stands in the list already";
    assert_eq!(fault(credentialed().methods(["PUT", "PUT"])), want);
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    let age = |age| fault(credentialed().max_age(age));
    let day = Duration::from_secs(86_400);
    let long = "is longer than any browser keeps an answer (86,400 s)";
    assert_eq!(age(day + Duration::from_secs(1)), format!("max_age: 86401s: {long}"));
    assert_eq!(age(day + Duration::from_nanos(1)), format!("max_age: 86400.000000001s: {long}"));
    let fraction = "max_age: 1.5s: is not a number of whole seconds";
    assert_eq!(age(Duration::from_millis(1500)), fraction);
    let names = || (0..65).map(|nth| format!("x-{nth}"));
    let want = "request_headers: 65 entries; at most 64 are allowed";
    assert_eq!(fault(credentialed().request_headers(names())), want);
    let want = "expose_headers: 65 entries; at most 64 are allowed";
    assert_eq!(fault(credentialed().expose_headers(names())), want);
    let want = "methods: 33 entries; at most 32 are allowed";
    assert_eq!(fault(credentialed().methods((0..33).map(|nth| format!("M{nth}")))), want);
    let origins = (0..65_536).map(|nth| format!("https://a{nth}.example"));
    let want = "origins: 65537 entries; at most 65536 are allowed";
    assert_eq!(fault(credentialed().origins(origins)), want);
    assert_eq!(fault(Policy::credentialed("api")), "origins: none is allowed; name at least one");
    let name = Policy::credentialed("API").origins([CRM]);
    assert_eq!(fault(name), "name: `API`: byte 0 may not stand in a name");
    let everybody = anonymous().any_origin().build().unwrap_err().to_string();
    assert_eq!(everybody, format!("origins[0]: `{CRM}` is redundant: every origin is allowed"));
    let own = fault(credentialed().own_origins(["https://a.example", "https://a.example"]));
    assert_eq!(own, "own_origins[1]: `https://a.example` stands in the list already");
    assert!(fault(credentialed().own_origins(["null"])).starts_with("own_origins[0]: `null`: "));
}

#[test]
fn every_fault_is_reported_at_once_and_typed() {
    let faults = Policy::credentialed("An API")
        .origins(["https://a.example/", "https://b.example", "http://c.example", "null"])
        .own_origins(["d.example"])
        .methods(["PUT", "trace", "put"])
        .request_headers(["cookie", "x-a"])
        .expose_headers(["set-cookie", "*"])
        .max_age(Duration::from_secs(100_000))
        .build()
        .unwrap_err();
    let text = |text: &str| text.to_owned();
    let origin = |field, index, value: &str, reason| ConfigError::Origin {
        field,
        index,
        value: value.to_owned(),
        reason,
    };
    let header = |field, index, value: &str, reason| ConfigError::HeaderName {
        field,
        index,
        value: value.to_owned(),
        reason,
    };
    let want = [
        ConfigError::Name {
            value: text("An API"),
            reason: rempart_core::NameError::InvalidByte { offset: 0 },
        },
        origin(Field::Origins, 0, "https://a.example/", OriginError::TrailingSlash),
        origin(Field::Origins, 3, "null", OriginError::Null),
        ConfigError::InsecureOrigin { index: 2, value: text("http://c.example") },
        origin(Field::OwnOrigins, 0, "d.example", OriginError::MissingScheme),
        ConfigError::Method { index: 1, value: text("trace"), reason: MethodError::Forbidden },
        ConfigError::Method { index: 2, value: text("put"), reason: MethodError::NotNormalised },
        header(Field::RequestHeaders, 0, "cookie", HeaderNameError::Forbidden),
        header(Field::ExposeHeaders, 0, "set-cookie", HeaderNameError::Forbidden),
        header(Field::ExposeHeaders, 1, "*", HeaderNameError::Wildcard),
        ConfigError::MaxAge { value: Duration::from_secs(100_000), reason: MaxAgeError::TooLong },
    ];
    assert!(faults.iter().eq(&want), "{faults}");
    assert_eq!(faults.to_string().lines().count(), want.len());
}

#[test]
fn faults_come_in_the_order_of_the_fields() {
    let text = |text: &str| vec![text.to_owned()];
    let config = PolicyConfig {
        name: "A".to_owned(),
        origins: [text("*"), text(CRM)].concat(),
        custom_schemes: text("https"),
        own_origins: text("a"),
        own_hosts: text(""),
        methods: text("put"),
        request_headers: text("cookie"),
        expose_headers: text("set-cookie"),
        max_age: Some(86_401),
        enforce: Some(Enforce::EveryMethod),
        ..PolicyConfig::default()
    };
    let faults = config.build().unwrap_err().to_string();
    let fields: Vec<&str> =
        faults.lines().filter_map(|line| line.split([':', '[']).next()).collect();
    let (first, last) = ("name origins custom_schemes own_origins own_hosts", "max_age enforce");
    assert_eq!(fields.join(" "), format!("{first} methods request_headers expose_headers {last}"));
}

#[test]
fn what_is_sound_is_accepted() {
    for builder in [
        credentialed(),
        credentialed().origins(["http://localhost:5173", "http://127.0.0.1:8080", "http://[::1]"]),
        credentialed().origins(["http://a.example"]).dangerously_allow_insecure_origins(),
        credentialed().own_origins([CRM, "http://a.example"]),
        credentialed().methods(["GET", "OPTIONS", "patch", "PROPFIND"]),
        credentialed().request_headers(["Range", "accept", "X-HTTP-Method-Override"]),
        credentialed().expose_headers(["content-type", "ETag"]),
        credentialed().methods((0..32).map(|nth| format!("M{nth}"))),
        credentialed().methods(["M".repeat(32)]),
        credentialed().request_headers((0..64).map(|nth| format!("x-{nth}"))),
        credentialed().request_headers(["x".repeat(128)]),
        credentialed().expose_headers((0..64).map(|nth| format!("x-{nth}"))),
        credentialed().origins((1..65_536).map(|nth| format!("https://a{nth}.example"))),
        credentialed().max_age(Duration::ZERO),
        credentialed().max_age(Duration::from_secs(86_400)),
    ] {
        builder.build().unwrap_or_else(|faults| panic!("{faults}"));
    }
    anonymous().origins(["http://a.example"]).build().unwrap();
}

#[cfg(feature = "psl")]
#[test]
fn a_public_suffix_is_nobodys_origin() {
    let suffix = |text: &str| fault(credentialed().origins([text]));
    for host in ["vercel.app", "supabase.co", "github.io", "co.uk", "com"] {
        let want = format!(
            "origins[1]: the host of `https://{host}` is a public suffix, which no one site owns"
        );
        assert_eq!(suffix(&format!("https://{host}")), want);
    }
    let fine = ["https://a.vercel.app", "http://localhost", "https://10.0.0.1", "https://intranet"];
    credentialed().origins(fine).build().unwrap();
    let asked = credentialed().origins(["https://vercel.app"]).dangerously_allow_public_suffixes();
    asked.build().unwrap();
}
