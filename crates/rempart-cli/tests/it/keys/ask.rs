use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{Head, Policy, Scheme};
use serde_json::{Value, json};

use super::folder::Folder;
use super::server::{Asked, Server};

/// A ring with a pending key.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.done(&["add", "webhook", "--id", "first"]);
    folder
}

/// Asks a server that answers so; gives the exit code, the line of JSON, and what was asked.
fn ask(folder: &Folder, statuses: &[u16], more: &[&str]) -> (i32, Value, String, Vec<Asked>) {
    let server = Server::answering(statuses);
    let url = server.url("/webhooks/vapi");
    let run = folder.keys(&[&["test", "webhook", "--url", &url], more].concat());
    let line = serde_json::from_str(&run.stdout).unwrap_or_default();
    (run.code, line, run.stderr, server.asked())
}

#[test]
fn sends_what_a_service_with_the_key_accepts() {
    let folder = folder();
    for (scheme, event) in
        [("vapi", ""), ("vapi-timestamped", ""), ("github", "ping"), ("svix", "")]
    {
        let folder = if scheme == "svix" { with_base64() } else { Folder::clone(&folder) };
        let (code, line, _, asked) = ask(&folder, &[204], &["--scheme", scheme]);
        assert_eq!((code, &line["status"], &line["accepted"]), (0, &json!(204), &json!(true)));
        assert_eq!((&line["ring"], &line["key"]), (&json!("webhook"), &json!("first")));
        assert!(line["elapsed_ms"].as_u64().unwrap() < 10_000);
        let asked = &asked[0];
        assert_eq!(asked.line, "POST /webhooks/vapi HTTP/1.1");
        assert_eq!(asked.header("x-github-event"), event);
        assert!(asked.header("host").starts_with("127.0.0.1:"));

        let secret = Secret::new(folder.key("webhook", "first")).unwrap();
        let id = KeyId::new("first").unwrap();
        let policy = Policy::builder("asked").scheme(Scheme::preset(scheme).unwrap());
        let policy = policy.keys(KeyRing::single(id, secret)).dangerously_without_read_deadline();
        let policy = policy.build().unwrap();
        let mut headers = http::HeaderMap::new();
        for line in &asked.headers {
            let (name, value) = line.split_once(": ").unwrap();
            let name: http::HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        let (method, uri) = (http::Method::POST, http::Uri::from_static("/webhooks/vapi"));
        let head = Head::new(&method, &uri, &headers);
        let now = std::time::UNIX_EPOCH.elapsed().unwrap();
        let verified = rempart::signature::verify(&policy, &head, &asked.body, now);
        assert_eq!(verified.unwrap().key(), id, "{scheme}");
    }
}

/// The same with a key as Standard Webhooks has them.
fn with_base64() -> Folder {
    let folder = Folder::new();
    let key = b"whsec_bWFkZS11cC1zZWNyZXQtZm9yLXRlc3RzLW9ubHkhISE=";
    let run = folder.keys_with(&["add", "webhook", "--id", "first", "--stdin"], &[], key);
    assert_eq!(run.code, 0, "{}", run.stderr);
    folder
}

#[test]
fn says_what_the_answer_says_about_the_key() {
    let folder = folder();
    for (status, accepted, code) in [
        (200, json!(true), 0),
        (204, json!(true), 0),
        (401, json!(false), 1),
        (403, json!(false), 1),
        (301, Value::Null, 2),
        (400, Value::Null, 2),
        (404, Value::Null, 2),
        (429, Value::Null, 2),
        (503, Value::Null, 2),
    ] {
        let (got, line, told, _) = ask(&folder, &[status], &[]);
        assert_eq!((got, &line["accepted"], &line["status"]), (code, &accepted, &json!(status)));
        let untold = "rempart: --url: the answer says nothing about the key\n";
        assert_eq!(told, if code == 2 { untold } else { "" });
    }
}

#[test]
fn the_control_finds_a_service_that_takes_any_key() {
    let folder = folder();
    let (code, line, told, asked) = ask(&folder, &[401, 204], &["--control"]);
    assert_eq!(
        (code, &line["accepted"], &line["control"], &*told),
        (0, &json!(true), &json!(401), "")
    );
    let signature = |asked: &Asked| asked.header("x-vapi-signature").to_owned();
    assert_ne!(signature(&asked[0]), signature(&asked[1]));
    assert_eq!(asked[0].body, asked[1].body);
    let (code, line, told, _) = ask(&folder, &[204, 204], &["--control"]);
    assert_eq!((code, &line["control"]), (1, &json!(204)));
    assert_eq!(told, "rempart: a made-up key was not refused: the service asks for none\n");
}

#[test]
fn asks_with_the_pending_key_or_the_one_that_is_named() {
    let folder = folder();
    folder.done(&["add", "webhook", "--id", "second"]);
    let run = folder.keys(&["test", "webhook", "--url", "http://127.0.0.1:9/"]);
    assert_eq!(
        (run.code, &*run.stderr),
        (2, "rempart: several keys are pending: name one by --key\n")
    );
    let (code, line, _, _) = ask(&folder, &[204], &["--key", "second"]);
    assert_eq!((code, &line["key"]), (0, &json!("second")));
    folder.done(&["promote", "webhook", "second"]);
    assert_eq!(ask(&folder, &[204], &[]).1["key"], "first");
    folder.done(&["promote", "webhook", "first"]);
    folder.done(&["revoke", "webhook", "second", "--force"]);
    for (more, want) in [
        (&[][..], "rempart: no key is pending: name one by --key\n"),
        (&["--key", "second"], "rempart: --key: the bytes of this key are not in the ring\n"),
        (&["--key", "env"], "rempart: --key: the bytes of this key are not in the ring\n"),
    ] {
        let arguments = [&["test", "webhook", "--url", "http://127.0.0.1:9/"], more].concat();
        let run = folder.keys(&arguments);
        assert_eq!((run.code, &*run.stderr), (2, want));
    }
}

#[test]
fn what_cannot_be_asked_is_no_verdict() {
    let folder = folder();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = format!("http://{}/", mute.local_addr().unwrap());
    for (url, want) in [
        (&*closed, "--url: connection refused"),
        ("https://made-up-canary.example/", "--url: speaks plain `http://` only"),
        ("ftp://made-up-canary.example/", "--url: begins with `http://`"),
        ("made-up-canary", "--url: begins with `http://`"),
        ("http://user:made-up-canary@127.0.0.1/", "--url: holds no user name"),
        ("http://made up canary/", "--url: not a URL"),
        ("", "--url: not a URL"),
    ] {
        let run = folder.keys(&["test", "webhook", "--url", url]);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{url}");
        assert!(run.stderr.contains(want), "{url}: {}", run.stderr);
        assert!(!run.stderr.contains("canary"), "{url}: {}", run.stderr);
    }
    let run = folder.keys(&["test", "webhook", "--url", &mute, "--timeout", "50ms"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let run = folder.keys(&["test", "webhook", "--url", &closed, "--scheme", "made-up-canary"]);
    assert!(run.stderr.contains("--scheme: one of asana, ") && run.stderr.contains("bearer"));
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
    // The ring has the public half of a pair.
    let run = folder.keys(&["test", "webhook", "--url", &closed, "--scheme", "discord"]);
    assert!(run.stderr.contains("--scheme: one of asana, "), "{}", run.stderr);
    assert!(!run.stderr.contains("discord") && run.code == 2, "{}", run.stderr);
}

#[test]
fn a_bearer_token_is_one_that_a_service_with_the_key_accepts_for_a_minute() {
    let folder = folder();
    let more = ["--scheme", "bearer", "--issuer", "made-up-issuer", "--audience", "made-up-api"];
    let more = [&more[..], &["--subject", "nobody@example.test", "--claim", "role=agent"]].concat();
    let (code, line, told, asked) =
        ask(&folder, &[401, 200], &[&more[..], &["--control"]].concat());
    assert_eq!((code, &line["accepted"], &*told), (0, &json!(true), ""));
    assert_eq!(asked[1].line, "GET /webhooks/vapi HTTP/1.1");
    let secret = Secret::new(folder.key("webhook", "first")).unwrap();
    let ring = KeyRing::single(KeyId::new("first").unwrap(), secret);
    let policy = rempart::token::Policy::builder("asked").hs256(ring).issuer("made-up-issuer");
    let policy = policy.audience("made-up-api").build().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    let bearer =
        |asked: &Asked| asked.header("authorization").strip_prefix("Bearer ").unwrap().to_owned();
    assert!(policy.verify(&bearer(&asked[0]), now).is_err());
    let claims = policy.verify(&bearer(&asked[1]), now).unwrap();
    assert_eq!(claims.subject(), Some("nobody@example.test"));
    assert_eq!((claims.role(), claims.key().as_str()), (Some("agent"), "first"));
    let lasts = claims.expires_at().checked_sub(claims.issued_at().unwrap()).unwrap();
    assert_eq!(lasts.as_secs(), 60);
    for claim in ["made-up-canary", "=made-up-canary", "exp=made-up-canary", "sub=made-up-canary"] {
        let url = "http://127.0.0.1:9/";
        let arguments = ["test", "webhook", "--url", url, "--scheme", "bearer", "--claim", claim];
        let run = folder.keys(&arguments);
        assert_eq!((run.code, run.stderr.contains("canary")), (2, false), "{}", run.stderr);
    }
}
