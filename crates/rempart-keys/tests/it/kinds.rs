use rempart_keys::{Kind, Loader, Profile, Schema, SupabaseRole, VapiScope, Variable};

/// The answer for one value of one kind: accepted, or the first wrong byte where one is known.
fn answer(kind: Kind, value: &str) -> Result<(), Option<usize>> {
    // Where a browser may see it, no word is refused for being a word.
    let variable = Variable::new("A", kind);
    let shown = Schema::new([variable.browser_ok()]).is_ok();
    let variable = if shown { variable.browser_ok() } else { variable };
    let schema = Schema::new([variable]).unwrap();
    let loader = Loader::new(&schema, Profile::Production).environment([("A", value)]);
    loader.load().map(|_| ()).map_err(|errors| {
        assert_eq!(errors.len(), 1, "{errors}");
        match errors.into_iter().next() {
            Some(rempart_keys::ConfigError::Value {
                offset,
                rule: rempart_keys::Rule::Kind(broken),
                ..
            }) if broken == kind => offset,
            other => panic!("{other:?}"),
        }
    })
}

const HEX: &str = "0123456789abcdef0123456789abcdef";
const BAD: Result<(), Option<usize>> = Err(None);

const fn at(offset: usize) -> Result<(), Option<usize>> {
    Err(Some(offset))
}

#[test]
fn each_kind_takes_its_shape_and_no_other() {
    let sid = ["AC", HEX].concat();
    let long_host = format!("https://{}.example", "a".repeat(64));
    let prefix = Kind::Prefix("made_sk_");
    let redis = Kind::Url(&["redis", "rediss"]);
    let either = Kind::AnyOf(&[Kind::Uuid, Kind::Prefix("made_sk_")]);
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.bWFkZS11cA";
    let long_jwt = format!("eyJ.a.{}", "a".repeat(8192));
    let rows: [(Kind, &str, Result<(), Option<usize>>); 87] = [
        (Kind::E164, "+15145550123", Ok(())),
        (Kind::E164, "+1234567", Ok(())),
        (Kind::E164, "+123456789012345", Ok(())),
        (Kind::E164, "+1234567890123456", BAD),
        (Kind::E164, "+123456", BAD),
        (Kind::E164, "15145550123", at(0)),
        (Kind::E164, "+05145550123", at(1)),
        (Kind::E164, "+1 514 555 0123", at(2)),
        (Kind::E164, "+1514555012a", at(11)),
        (Kind::E164, "+", BAD),
        (Kind::Hex, "00fF", Ok(())),
        (Kind::Hex, "00f", BAD),
        (Kind::Hex, "0g", at(1)),
        (Kind::Jwt, jwt, Ok(())),
        (Kind::Jwt, "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9", BAD),
        (Kind::Jwt, "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.", BAD),
        (Kind::Jwt, "eyJhbGciOiJIUzI1NiJ9..bWFkZS11cA", BAD),
        (Kind::Jwt, "eyJh.eyJy.bWFk.ZS11cA", BAD),
        (Kind::Jwt, "abJh.eyJy.bWFk", BAD),
        (Kind::Jwt, "eyJh.eyJy.bW+k", at(12)),
        (Kind::Jwt, &long_jwt, BAD),
        (Kind::Origin, "https://app.example", Ok(())),
        (Kind::Origin, "http://127.0.0.1:8080", Ok(())),
        (Kind::Origin, "http://[::1]:8080", Ok(())),
        (Kind::Origin, "http://[::1]", Ok(())),
        (Kind::Origin, "https://localhost", Ok(())),
        (Kind::Origin, "https://app.example/", at(19)),
        (Kind::Origin, "https://app.example?a", at(19)),
        (Kind::Origin, "https://app.example:0", at(8)),
        (Kind::Origin, "https://app.example:65536", at(8)),
        (Kind::Origin, "https://app.example:+80", at(8)),
        (Kind::Origin, "https://app.example:", at(8)),
        (Kind::Origin, "https://[::1]8080", at(7 + 1)),
        (Kind::Origin, "https://[::1", at(8)),
        (Kind::Origin, "https://[app]", at(8)),
        (Kind::Origin, "https://::1", at(8)),
        (Kind::Origin, "https://", at(8)),
        (Kind::Origin, "https://.example", at(8)),
        (Kind::Origin, "https://app..example", at(8)),
        (Kind::Origin, "https://app.example.", at(8)),
        (Kind::Origin, "https://app_x.example", at(8)),
        (Kind::Origin, &long_host, at(8)),
        (Kind::Origin, "https://user@app.example", at(8)),
        (Kind::Origin, "ftp://app.example", at(0)),
        (Kind::Origin, "HTTPS://app.example", at(0)),
        (Kind::Origin, "app.example", BAD),
        (Kind::Origin, "https:/app.example", BAD),
        (Kind::Origin, "https://app example", at(11)),
        (Kind::HTTPS, "https://app.example/a/b?c=d#e", Ok(())),
        (Kind::HTTPS, "https://app.example:8443/", Ok(())),
        (Kind::HTTPS, "http://app.example/", at(0)),
        (Kind::HTTPS, "https://user:word@app.example/", at(8)),
        (Kind::HTTPS, "https://app.example/a\"b", at(21)),
        (Kind::HTTPS, "https://app.example\\a", at(19)),
        (Kind::HTTPS, "javascript:alert(1)", BAD),
        (redis, "redis://127.0.0.1:6379/0", Ok(())),
        (redis, "rediss://user:made-up@cache.example:6380", Ok(())),
        (redis, "redis://", at(8)),
        (redis, "redis://user@", at(8)),
        (redis, "https://cache.example", at(0)),
        (prefix, "made_sk_made-up_1", Ok(())),
        (prefix, "made_sk_12345678", Ok(())),
        (prefix, "made_sk_1234567", BAD),
        (prefix, "made_sk_", BAD),
        (prefix, "made_pk_12345678", at(0)),
        (prefix, "made_sk_1234 5678", at(12)),
        (Kind::Text, "any text, even with blanks inside", Ok(())),
        (Kind::TwilioSid, &sid, Ok(())),
        (Kind::TwilioSid, HEX, at(0)),
        (Kind::TwilioSid, &sid[..33], BAD),
        (Kind::TwilioSid, "ACg123456789abcdef0123456789abcdef", at(2)),
        (Kind::TwilioSid, "AC0123456789ABCDEF0123456789abcdef", at(12)),
        (Kind::TwilioSid, "ac0123456789abcdef0123456789abcdef", at(0)),
        (Kind::TwilioToken, HEX, Ok(())),
        (Kind::TwilioToken, &HEX[..31], BAD),
        (Kind::TwilioToken, &sid, BAD),
        (Kind::TwilioToken, "0123456789abcdef0123456789abcdeF", at(31)),
        (Kind::Uuid, "6f1c2f0e-0000-4000-8000-00000000abcd", Ok(())),
        (Kind::Uuid, "6F1C2F0E-0000-4000-8000-00000000ABCD", Ok(())),
        (Kind::Uuid, "6f1c2f0e00004000800000000000abcd", BAD),
        (Kind::Uuid, "6f1c2f0e-0000-4000-8000-00000000abcg", at(35)),
        (Kind::Uuid, "6f1c2f0e-0000-4000-80000-0000000abcd", at(23)),
        (Kind::Uuid, "{f1c2f0e-0000-4000-8000-00000000abc}", at(0)),
        (either, "6f1c2f0e-0000-4000-8000-00000000abcd", Ok(())),
        (either, "made_sk_made-up_1", Ok(())),
        (either, "made_pk_made-up_1", BAD),
        (either, "6f1c2f0e", BAD),
    ];
    for (kind, value, want) in rows {
        assert_eq!(answer(kind, value), want, "{value} as {kind}");
    }
}

#[test]
fn each_kind_says_what_it_wants() {
    for (kind, want) in [
        (Kind::HTTPS, "a URL of `https`"),
        (Kind::Url(&["redis", "rediss"]), "a URL of `redis` or `rediss`"),
        (Kind::TwilioSid, "`AC` and 32 lower-case hexadecimal digits"),
        (Kind::AnyOf(&[Kind::Uuid, Kind::Jwt]), "a UUID, or a JWT"),
        (Kind::SupabaseKey(SupabaseRole::Anon), "a Supabase key of the role `anon`"),
        (Kind::VapiKey(VapiScope::Private), "a private key of Vapi"),
    ] {
        assert_eq!(kind.to_string(), want);
    }
}
