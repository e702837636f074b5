use serde_json::Value;

use crate::standard;

/// What stands in the log, and what is left of it.
#[test]
fn hides_values_by_the_name_before_them() {
    #[rustfmt::skip]
    let rows = [
        // JSON, at any depth of escaping.
        (r#"{"password":"hunter2 and more","id":7}"#, r#"{"password":"[REDACTED:key]","id":7}"#),
        (r#"{ "pin" : 4711 , "id" : 7 }"#, r#"{ "pin" : "[REDACTED:key]" , "id" : 7 }"#),
        (r#"{"otp":123456}"#, r#"{"otp":"[REDACTED:key]"}"#),
        (r#"{"credentials":{"user":"a","list":[1,"}"]},"id":7}"#, r#"{"credentials":"[REDACTED:key]","id":7}"#),
        (r#"{"cvv":null,"pin":true,"id":7}"#, r#"{"cvv":null,"pin":true,"id":7}"#),
        (r#"{"a":"{\"pin\":\"12\\\"34\",\"id\":7}","b":1}"#, r#"{"a":"{\"pin\":\"[REDACTED:key]\",\"id\":7}","b":1}"#),
        (r#"{"a":"{\"pin\":12,\"id\":7}"}"#, r#"{"a":"{\"pin\":\"[REDACTED:key]\",\"id\":7}"}"#),
        (r#"{"pass":"cut o"#, r#"{"pass":"[REDACTED:key]"#),
        (r#"{"pas\u0073word":"abc","id":7}"#, r#"{"pas\u0073word":"[REDACTED:key]","id":7}"#),
        (r#"{"pass":"a\"b\\","id":7}"#, r#"{"pass":"[REDACTED:key]","id":7}"#),
        ("{\n  \"pin\":\n    \"12\",\n  \"id\": 7\n}", "{\n  \"pin\":\n    \"[REDACTED:key]\",\n  \"id\": 7\n}"),
        (r#"{"a":"pin=","id":7}"#, r#"{"a":"pin=","id":7}"#),
        (r#"{"a":"pin='","b":"it's","id":7}"#, r#"{"a":"pin=[REDACTED:key]","b":"it's","id":7}"#),
        (r#"{'pin': 'a"b', 'id': 7}"#, "{'pin': '[REDACTED:key]', 'id': 7}"),
        // Names are compared without case and punctuation.
        ("X-Api-Key: abc id=7", "X-Api-Key: [REDACTED:key] id=7"),
        ("apiKey=abc&id=7", "apiKey=[REDACTED:key]&id=7"),
        ("MY_CLIENT_SECRET=abc id=7", "MY_CLIENT_SECRET=[REDACTED:key] id=7"),
        ("user[pin]=12&id=7", "user[pin]=[REDACTED:key]&id=7"),
        ("pin[]=12&id=7", "pin[]=[REDACTED:key]&id=7"),
        ("pin%5B%5D=12&id=7", "pin%5B%5D=[REDACTED:key]&id=7"),
        ("user%5Bpin%5D=12&id=7", "user%5Bpin%5D=[REDACTED:key]&id=7"),
        ("user.pin=12&id=7", "user.pin=[REDACTED:key]&id=7"),
        ("?%70in=12&id=7", "?%70in=[REDACTED:key]&id=7"),
        ("to=https%3A%2F%2Fx%3Fpin%3D12%26id%3D7", "to=https%3A%2F%2Fx%3Fpin%3D[REDACTED:key]%26id%3D7"),
        ("%22pin%22%3A%2212%22%2C", "%22pin%22%3A%22[REDACTED:key]%22%2C"),
        // Headers that are more than a word.
        ("Authorization: Digest username=\"a\", response=\"b\"", "Authorization: [REDACTED:authorization_header]"),
        ("Cookie: a=b; c=\"d\"\nid: 7", "Cookie: [REDACTED:key]\nid: 7"),
        ("{\"m\":\"Cookie: a=b; c=d=\",\"id\":7}", "{\"m\":\"Cookie: [REDACTED:cookie_header]\",\"id\":7}"),
        ("cookie=\"a=b c\" id=7", "cookie=\"[REDACTED:cookie_header]\" id=7"),
        (r#"{"a":"{\"b\":\"cookie: \\r\\nc\"}","id":7}"#, r#"{"a":"{\"b\":\"cookie: \\r\\nc\"}","id":7}"#),
        (r#"{"a":"pin=\"\\","id":7}"#, r#"{"a":"pin=\"[REDACTED:key]","id":7}"#),
        (r#"{"a":"cookie: b\\","id":7}"#, r#"{"a":"cookie: [REDACTED:key]","id":7}"#),
        (r#"{"a":"{\"b\":\"cookie: c=\\\"d\\\"; e\",\"id\":7}"}"#, r#"{"a":"{\"b\":\"cookie: [REDACTED:key]\",\"id\":7}"}"#),
        // Rust's own.
        (r#"Config { pin: "12 34", id: 7 }"#, r#"Config { pin: "[REDACTED:key]", id: 7 }"#),
        (r#"Config { pin: Some("12 34"), id: 7 }"#, "Config { pin: [REDACTED:key], id: 7 }"),
        (r#"{"authorization": "Basic YTpi", "id": "7"}"#, r#"{"authorization": "[REDACTED:authorization_header]", "id": "7"}"#),
        ("pin: 12, id: 7", "pin: [REDACTED:key], id: 7"),
        ("pin=1,2 id=7", "pin=[REDACTED:key] id=7"),
        ("pin=1,id=7", "pin=[REDACTED:key],id=7"),
        ("pin: 'tis id=7", "pin: [REDACTED:key] id=7"),
        ("pin => 12 id", "pin => [REDACTED:key] id"),
    ];
    for (text, want) in rows {
        assert_eq!(standard().redact(text), want, "{text}");
    }
}

#[test]
fn leaves_what_has_another_name() {
    let rows = [
        r#"{"token_count":12,"max_tokens":4000,"tokenType":"bearer"}"#,
        "INFO app::token: verified",
        "postcode=H0H id=7",
        "pinned: yes; spinning=true; author: me; keyboard=us",
        "secret santa, token ring, password reset requested",
        r#"{"password":"","pin":null}"#,
        "10:32:11 a=b",
    ];
    for text in rows {
        assert_eq!(standard().redact(text), text);
    }
}

#[test]
fn json_stays_json() {
    let document = serde_json::json!({
        "pin": 1234, "card": 4_242_424_242_424_242_u64, "cards": [4_242_424_242_424_242_u64, 7],
        "token": {"a": [1, 2, {"b": "}"}]}, "mail": "ann@example.com", "id": 7,
        "text": "line\nann@example.com \"pin\": 12, \\ token=abcdefgh",
        "deep": format!("\u{1}{}@eidtoke.com", "x".repeat(60)),
        "nested": "{\"cvc\":123,\"list\":[4242424242424242],\"id\":7}", "secret": [1, 2, 3],
        "password": -1.5e3, "auth": "a\\", "cookie": "a=b\"; c",
    });
    for text in [document.to_string(), format!("{document:#}")] {
        let redacted = standard().redact(&text).into_owned();
        let parsed: Value =
            serde_json::from_str(&redacted).unwrap_or_else(|e| panic!("{e}: {redacted}"));
        assert_eq!(parsed["id"], 7);
        assert_eq!(parsed["pin"], "[REDACTED:key]");
        let nested: Value = serde_json::from_str(parsed["nested"].as_str().unwrap()).unwrap();
        assert_eq!(nested["id"], 7, "{redacted}");
        assert_eq!(nested["cvc"], "[REDACTED:key]");
        assert!(!redacted.contains("4242"), "{redacted}");
    }
}
