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
    let want = "rempart: --reload: the keys are written, the call was answered 401\n";
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
