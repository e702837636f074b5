use http::{HeaderValue, Method, Uri};
use rempart_testing::vectors::{ComponentValue, Verdict};

use super::*;
use crate::PublicUrl;
use crate::message::structured::{Dictionary, Member};

/// The value of a component, or nothing where it is refused.
fn value(case: &ComponentValue) -> Option<String> {
    let url: Uri = case.url.parse().unwrap();
    let origins = [Origin::of(&PublicUrl::origin_of(&url).unwrap())];
    let written: Uri = match &case.target {
        Some(target) => target.parse().unwrap(),
        None => url.path_and_query().unwrap().as_str().parse().unwrap(),
    };
    let method = Method::from_bytes(case.method.as_bytes()).unwrap();
    let headers = case.headers();
    let types: Vec<_> = case
        .types
        .iter()
        .map(|(name, kind)| {
            assert_eq!(kind, "dictionary");
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), FieldType::Dictionary)
        })
        .collect();
    let head = Head::new(&method, &written, &headers);
    let request = Request { head, origins: &origins, origin_form: false };
    let response = case.status.map(|status| Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers,
    });
    let request = response.is_none().then_some(request);
    let subject = Subject { request, response, types: &types };
    let component = case.component.parse::<Component>().ok()?;
    assert_eq!(component.to_string(), case.component, "{}", case.id);
    subject.value(&component).ok().map(Cow::into_owned)
}

#[test]
fn every_example_of_a_component_has_its_value() {
    for case in ComponentValue::all() {
        assert_eq!(case.value.is_some(), case.result == Verdict::Valid, "{}", case.id);
        assert_eq!(value(&case), case.value, "{}: {}", case.id, case.comment);
    }
}

/// What a signer of this list signs, or why it cannot.
fn base(list: &str, target: &str, lines: &[(&'static str, &str)]) -> Result<String, Rejection> {
    let dictionary = Dictionary::parse(format!("sig={list}").as_bytes()).unwrap();
    let Some(Member::InnerList(list)) = dictionary.get("sig") else { panic!("{list}") };
    let covered = Covered::new(list.clone()).map_err(|_| Rejection::Malformed)?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let urls = ["https://a.example.com/api", "http://b.example.com:8080"];
    let origins = urls.map(|url| Origin::of(&url.parse().unwrap()));
    let (uri, method) = (target.parse().unwrap(), Method::GET);
    let head = Head::new(&method, &uri, &headers);
    let request = Request { head, origins: &origins, origin_form: false };
    let subject = Subject { request: Some(request), response: None, types: &[] };
    Base::of(&covered, &subject).map(|base| base.text)
}

#[test]
fn an_origin_is_one_that_is_configured() {
    let line = |list: &str, value: &str| {
        Ok(format!("{}: {value}\n\"@signature-params\": {list}", &list[1..list.len() - 1]))
    };
    let host = |list: &'static str, host: &'static str| base(list, "/x?q", &[("host", host)]);
    let (target, authority) = ("(\"@target-uri\")", "(\"@authority\")");
    #[rustfmt::skip]
    let rows = [
        (host(target, "a.example.com"),          line(target, "https://a.example.com/api/x?q")),
        (host(target, "A.Example.com:443"),      line(target, "https://a.example.com/api/x?q")),
        (host(target, "b.example.com:8080"),     line(target, "http://b.example.com:8080/x?q")),
        (host(target, "b.example.com"),          Err(Rejection::HostNotAllowed)),
        (host(target, "evil.example.com"),       Err(Rejection::HostNotAllowed)),
        (host(authority, "a.example.com:80"),    Err(Rejection::HostNotAllowed)),
        (host("(\"@path\")", "a.example.com"),   line("(\"@path\")", "/api/x")),
        (host("(\"host\")", "a.example.com"),    line("(\"host\")", "a.example.com")),
        (host("(\"host\")", "evil.example.com"), Err(Rejection::HostNotAllowed)),
        (base(authority, "/x", &[]),             Err(Rejection::HostNotAllowed)),
        (base(authority, "/x", &[("host", "a.example.com"), ("host", "b.example.com:8080")]), Err(Rejection::HostNotAllowed)),
        // The target names the host, whatever the field says.
        (base(authority, "http://b.example.com:8080/", &[("host", "a.example.com")]), line(authority, "b.example.com:8080")),
        (base("(\"@request-target\")", "https://b.example.com:8080/", &[]), Err(Rejection::HostNotAllowed)),
    ];
    for (nth, (got, want)) in rows.into_iter().enumerate() {
        assert_eq!(got, want, "row {nth}");
    }
}

#[test]
fn a_base_is_bounded_and_of_ascii() {
    let long = "a".repeat(MAX_BASE);
    assert_eq!(base("(\"x-a\")", "/", &[("x-a", &long)]), Err(Rejection::Malformed));
    assert_eq!(base("(\"x-a\")", "/", &[("x-a", "é")]), Err(Rejection::Malformed));
    assert!(base("(\"x-a\";bs)", "/", &[("x-a", "é")]).is_ok());
    let half = "a".repeat(MAX_BASE / 2);
    assert_eq!(
        base("(\"x-a\")", "/", &[("x-a", &half), ("x-a", &half)]),
        Err(Rejection::Malformed)
    );
    let list = |count: usize| {
        let names: Vec<_> = (0..count).map(|nth| format!("\"x-{nth}\"")).collect();
        format!("({})", names.join(" "))
    };
    assert_eq!(base(&list(32), "/", &[]), Err(Rejection::Missing));
    assert_eq!(base(&list(33), "/", &[]), Err(Rejection::Malformed));
}

#[test]
fn cookies_are_never_merged() {
    let two = [("set-cookie", "a=1"), ("set-cookie", "b=2")];
    assert_eq!(base("(\"set-cookie\")", "/", &two), Err(Rejection::Malformed));
    let wrapped = base("(\"set-cookie\";bs)", "/", &two).unwrap();
    assert!(wrapped.starts_with("\"set-cookie\";bs: :YT0x:, :Yj0y:\n"), "{wrapped}");
    assert!(base("(\"set-cookie\")", "/", &two[..1]).is_ok());
}

#[test]
fn a_component_is_there_once_however_it_is_written() {
    #[rustfmt::skip]
    let rows = [
        (r#"("@method" "@method")"#,                  false),
        (r#"("a" "a";sf)"#,                           true),
        (r#"("a";sf;key="b" "a";key="b";sf)"#,        false),
        (r#"("a";key="b" "a";key="c")"#,              true),
        (r#"("@query-param";name="a" "@query-param";name="b")"#, true),
        (r#"("@query-param";name="a" "@query-param";name="a")"#, false),
        (r#"("@method";bs)"#,                         false),
        (r#"("@method";name="a")"#,                   false),
        (r#"("a";name="b")"#,                         false),
        (r#"("a";bs=?0)"#,                            false),
        (r#"("a";key=b)"#,                            false),
        (r#"("a b")"#,                                false),
        (r#"("")"#,                                   false),
        (r"(a)",                                    false),
        (r"(1)",                                    false),
        (r#"("@status";req)"#,                        false),
    ];
    for (list, want) in rows {
        let dictionary = Dictionary::parse(format!("sig={list}").as_bytes()).unwrap();
        let Some(Member::InnerList(inner)) = dictionary.get("sig") else { panic!("{list}") };
        assert_eq!(Covered::new(inner.clone()).is_ok(), want, "{list}");
    }
}

#[test]
fn a_folded_line_never_gets_here() {
    assert!(HeaderValue::from_bytes(b"Obsolete\r\n    line folding.").is_err());
}
