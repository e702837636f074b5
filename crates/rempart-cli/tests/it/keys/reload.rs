use super::folder::Folder;
use super::server::Server;

#[test]
fn the_service_is_told_once_the_keys_are_written() {
    let folder = Folder::new();
    let server = Server::answering(&[200, 200, 204]);
    let url = server.url("/keys/reload");
    folder.done(&["add", "webhook", "--id", "first", "--reload", &url]);
    folder.done(&["promote", "webhook", "first", "--reload", &url]);
    let token = [("TOKEN", "made-up-token-of-an-administrator")];
    let revoke = ["revoke", "webhook", "first", "--force", "--reload", &url];
    let run =
        folder.keys_with(&[&revoke[..], &["--reload-token-env", "TOKEN"]].concat(), &token, b"");
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let asked = server.asked();
    for asked in &asked {
        assert_eq!(asked.line, "POST /keys/reload HTTP/1.1");
        assert!(asked.body.is_empty());
    }
    let tokens: Vec<_> = asked.iter().map(|asked| asked.header("authorization")).collect();
    assert_eq!(tokens, ["", "", "Bearer made-up-token-of-an-administrator"]);
}

#[test]
fn a_call_that_fails_undoes_nothing_and_is_told() {
    let folder = Folder::new();
    folder.done(&["add", "webhook", "--id", "first"]);
    let server = Server::answering(&[401]);
    let url = server.url("/keys/reload");
    let run = folder.keys(&["revoke", "webhook", "first", "--force", "--reload", &url]);
    let want = "rempart: --reload: the keys are written, but the call was answered 401\n";
    assert_eq!((run.code, &*run.stderr), (2, want));
    assert_eq!(run.stdout, "webhook first: revoked\n");
    assert_eq!(folder.status("webhook", "first", &[])["state"], "revoked");
    server.asked();
}

#[test]
fn an_address_that_cannot_be_called_stops_the_verb_before_it_writes() {
    let folder = Folder::new();
    for (url, want) in [
        ("https://127.0.0.1:9090/keys/reload", "--reload: speaks plain `http://` only"),
        ("/keys/reload", "--reload: begins with `http://`"),
    ] {
        let run = folder.keys(&["add", "webhook", "--id", "first", "--reload", url]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(want), "{}", run.stderr);
    }
    assert!(!folder.path().exists());
}

#[test]
fn a_token_goes_in_the_clear_to_this_machine_alone() {
    let folder = Folder::new();
    let token = [("TOKEN", "made-up-token-of-an-administrator")];
    for url in ["http://10.0.0.1:9090/", "http://keys.example/", "http://[2001:db8::1]/"] {
        let arguments =
            ["add", "webhook", "--id", "first", "--reload", url, "--reload-token-env", "TOKEN"];
        let run = folder.keys_with(&arguments, &token, b"");
        assert_eq!(run.code, 2, "{url}");
        assert!(run.stderr.contains("--reload-token-env: would be sent in the clear"), "{url}");
    }
    assert!(!folder.path().exists());
}

#[test]
fn what_the_service_says_against_the_ring_is_told() {
    let folder = Folder::new();
    let taken = r#"{"rings":[{"ring":"webhook","changed":true,"faults":[]}]}"#;
    let kept = r#"{"rings":[{"ring":"webhook","changed":false,"faults":["ring: a\u001bfault"]}]}"#;
    let other = r#"{"rings":[{"ring":"tokens","changed":false,"faults":[]}]}"#;
    let server = Server::saying(&[taken, kept, kept, other, "no JSON"]);
    let url = server.url("/keys/reload");
    let said = "rempart: --reload: the service says: ring: a\\u{1b}fault\n";
    let stays =
        "rempart: --reload: the keys are written, but the service goes on with the keys it had\n";
    let unknown =
        "rempart: --reload: the keys are written, but the service has no ring of this name\n";
    for (verb, code, want) in [
        (&["add", "webhook", "--id", "one"][..], 0, String::new()),
        (&["add", "webhook", "--id", "two"], 2, [said, stays].concat()),
        // A revocation is in force all the same.
        (&["revoke", "webhook", "two", "--force"], 0, said.to_owned()),
        (&["promote", "webhook", "one"], 2, unknown.to_owned()),
        (&["add", "webhook", "--id", "three"], 0, String::new()),
    ] {
        let run = folder.keys(&[verb, &["--reload", &url]].concat());
        assert_eq!((run.code, run.stderr), (code, want), "{verb:?}");
    }
    server.asked();
}
