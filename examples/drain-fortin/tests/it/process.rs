//! The command as a process: what it prints, how it ends, what it never shows.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use rempart_core::{Clock, SystemClock};
use rempart_keys::{KeyId, RingDirectory, Secret};
use rempart_signature::{Message, Scheme};
use rempart_testing::canary::assert_absent;
use rempart_testing::wire;
use tempfile::TempDir;

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drain-fortin"));
    // A folder of its own: no `.env` of somebody's is read.
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

pub(crate) fn serving(folder: &Path) -> Command {
    let mut command = command(folder);
    command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", "data"]);
    command
}

pub(crate) fn refused(command: &mut Command, code: i32) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{stderr}");
    assert!(stdout.is_empty(), "{}", String::from_utf8_lossy(&stdout));
    stderr
}

/// A process that serves, and what it has printed up to its two first lines.
pub(crate) struct Served {
    pub(crate) child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) public: String,
    pub(crate) admin: String,
}

impl Served {
    pub(crate) fn start(mut command: Command) -> Self {
        Self::of(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn of(mut child: Child) -> Self {
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = || {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        };
        let (public, admin) = (line(), line());
        let public = public.strip_prefix("listening on http://").unwrap().to_owned();
        let admin = admin.strip_prefix("admin on http://").unwrap().to_owned();
        Self { child, stdout, public, admin }
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// What a webhook of Vapi's that this key signed is answered with.
    fn webhook(&self, key: &Secret) -> u16 {
        let body = br#"{"message":{"type":"status-update"}}"#;
        let signed = Scheme::vapi().sign(key, &Message::new(body, Duration::ZERO)).unwrap();
        let signature = signed["x-vapi-signature"].to_str().unwrap();
        let headers = [("Content-Type", "application/json"), ("X-Vapi-Signature", signature)];
        let public = self.public.parse().unwrap();
        wire::send(public, "POST /webhooks/vapi", &headers, body).unwrap().status
    }

    /// Ends it by SIGTERM; gives its exit code and all that it printed.
    pub(crate) fn stop(mut self) -> (Option<i32>, String, String) {
        self.signal("-TERM");
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code(), stdout, stderr)
    }
}

fn dev_secrets(folder: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("data/dev-secrets.env")).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn serves_from_nothing_generates_its_secrets_once_and_never_shows_them() {
    let folder = TempDir::new().unwrap();
    let served = Served::start(serving(folder.path()));
    let secrets = dev_secrets(folder.path());
    assert_ne!(served.public, served.admin);
    assert!(served.public.starts_with("127.0.0.1:") && !served.public.ends_with(":0"));
    let names: Vec<_> = secrets.iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["VAPI_WEBHOOK_SECRET", "TWILIO_AUTH_TOKEN", "AUTH_TOKEN_SECRET", "DEV_ADMIN_PASSWORD"];
    assert_eq!(names, expected);
    let (code, stdout, stderr) = served.stop();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("dev-secrets.env"), "{stdout}");
    assert!(stdout.matches("\n  curl ").count() >= 3, "{stdout}");
    for (_, secret) in &secrets {
        assert_absent(&stdout, secret);
        assert_absent(&stderr, secret);
    }
    Served::start(serving(folder.path())).stop();
    assert_eq!(dev_secrets(folder.path()), secrets);
}

#[cfg(unix)]
#[test]
fn keeps_generated_secrets_to_the_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    Served::start(serving(folder.path())).stop();
    for (name, mode) in [("data", 0o700), ("data/dev-secrets.env", 0o600)] {
        let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
    }
}

#[test]
fn refuses_a_production_start_and_names_every_fault_at_once() {
    let folder = TempDir::new().unwrap();
    let mut command = serving(folder.path());
    let short = "made-up-and-short";
    command.env("APP_ENV", "production").env("AUTH_TOKEN_SECRET", short);
    command.env("VAPI_API_KEY", "vapi_sk_xxx").env("TRUSTED_PROXIES", "0.0.0.0/0");
    command.env("LOG_FORMAT", "xml").env("RUST_LOG", "no=level");
    let why = refused(&mut command, 78);
    for name in [
        "SUPABASE_URL",
        "SUPABASE_ANON_KEY",
        "SUPABASE_SERVICE_ROLE_KEY",
        "VAPI_API_KEY",
        "VAPI_WEBHOOK_SECRET",
        "VAPI_PUBLIC_KEY",
        "VAPI_ASSISTANT_ID",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_PHONE_NUMBER",
        "AUTH_TOKEN_SECRET",
        "PUBLIC_URL",
        "TRUSTED_PROXIES",
        "LOG_FORMAT",
        "RUST_LOG",
    ] {
        assert!(why.contains(&format!("\n{name}: ")), "{name} is not named:\n{why}");
    }
    assert_absent(&why, short);
    assert_absent(&why, "vapi_sk_xxx");
    assert!(!folder.path().join("data").exists(), "nothing is made on a start that is refused");
}

/// Everything that a production start needs, made up.
pub(crate) fn production(folder: &Path) -> Command {
    let file = folder.join("webhook-secret");
    std::fs::write(&file, "made-up-webhook-secret-of-the-tests\n").unwrap();
    let mut command = serving(folder);
    command.envs([
        ("APP_ENV", "production"),
        ("SUPABASE_URL", "https://made-up-for-tests.supabase.co"),
        ("SUPABASE_ANON_KEY", "sb_publishable_made_up_for_tests"),
        ("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_made_up_for_tests"),
        ("VAPI_API_KEY", "vapi_sk_made_up_for_tests"),
        ("VAPI_PUBLIC_KEY", "vapi_pk_made_up_for_tests"),
        ("VAPI_ASSISTANT_ID", "7e57ab1e-0000-4000-8000-00000000beef"),
        ("TWILIO_ACCOUNT_SID", concat!("AC", "0123456789abcdef0123456789abcdef")),
        ("TWILIO_AUTH_TOKEN", "made-up-auth-token-of-the-tests-00"),
        ("TWILIO_PHONE_NUMBER", "+15145550100"),
        ("AUTH_TOKEN_SECRET", "made-up-token-secret-of-the-tests-0"),
        ("PUBLIC_URL", "https://api.example"),
    ]);
    command.env("VAPI_WEBHOOK_SECRET_FILE", file);
    command
}

#[test]
fn starts_in_production_with_everything_set_and_without_the_user_of_development() {
    let folder = TempDir::new().unwrap();
    // The same folder served a developer before.
    Served::start(serving(folder.path())).stop();
    let (_, password) = dev_secrets(folder.path()).pop().unwrap();
    let served = Served::start(production(folder.path()));
    let body = format!(r#"{{"email":"admin@example.test","password":"{password}"}}"#);
    let headers = [("Content-Type", "application/json")];
    let addr = served.public.parse().unwrap();
    let answer = wire::send(addr, "POST /auth/login", &headers, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 401);
    let (code, stdout, stderr) = served.stop();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("(production)") && !stdout.contains("dev-secrets"), "{stdout}");
    assert_absent(&stderr, "made-up-webhook-secret-of-the-tests");
}

fn ring(folder: &Path) -> RingDirectory {
    RingDirectory::new(folder.join("data/keys"), "vapi-webhook".parse().unwrap())
}

/// A ring with an active key of its own.
fn with_active_key(folder: &Path) -> Secret {
    let (ring, id, now) = (ring(folder), KeyId::new("2026-q4").unwrap(), SystemClock.unix());
    let key = ring.generate(id, now).unwrap();
    ring.promote(id, now, Duration::ZERO).unwrap();
    key
}

#[test]
fn a_variable_is_not_missed_in_production_where_its_ring_has_an_active_key() {
    let folder = TempDir::new().unwrap();
    let mut command = production(folder.path());
    command.env_remove("VAPI_WEBHOOK_SECRET_FILE");
    let why = refused(&mut command, 78);
    assert!(why.contains("\nVAPI_WEBHOOK_SECRET: "), "{why}");
    let key = with_active_key(folder.path());
    let served = Served::start(command);
    assert_eq!(served.webhook(&key), 204);
    let (code, stdout, stderr) = served.stop();
    assert_eq!(code, Some(0), "{stderr}");
    for text in [stdout, stderr] {
        assert_absent(text, key.expose_text().unwrap());
    }
}

#[test]
fn does_not_start_with_a_ring_that_it_does_not_understand_or_keys_that_are_not_there() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir_all(ring(folder.path()).path()).unwrap();
    std::fs::write(ring(folder.path()).path().join("ring"), "made-up-content\n").unwrap();
    let why = refused(&mut serving(folder.path()), 1);
    assert!(why.contains("the ring `vapi-webhook`: ring: line 1: "), "{why}");
    assert_absent(&why, "made-up-content");
    let folder = TempDir::new().unwrap();
    let mut by_option = serving(folder.path());
    by_option.args(["--keys", "nowhere"]);
    let mut by_variable = serving(folder.path());
    by_variable.env("KEYS_DIR", "nowhere");
    for mut command in [by_option, by_variable] {
        let why = refused(&mut command, 78);
        assert!(why.contains("KEYS_DIR: there is no such folder"), "{why}");
    }
    assert!(!folder.path().join("data").exists(), "nothing is made on a start that is refused");
}

#[cfg(unix)]
#[test]
fn reads_everything_again_at_sighup() {
    let folder = TempDir::new().unwrap();
    let served = Served::start(production(folder.path()));
    let old = Secret::new("made-up-webhook-secret-of-the-tests").unwrap();
    assert_eq!(served.webhook(&old), 204);
    // A file of a variable, which nobody watches.
    let new = "made-up-webhook-secret-that-came-later";
    std::fs::write(folder.path().join("webhook-secret"), new).unwrap();
    served.signal("-HUP");
    let new = Secret::new(new).unwrap();
    let mut status = served.webhook(&new);
    for _ in 0..4 {
        // Nine of the ten a minute that one client may send are left.
        if status == 204 {
            break;
        }
        std::thread::sleep(Duration::from_millis(250));
        status = served.webhook(&new);
    }
    assert_eq!((status, served.webhook(&old)), (204, 401));
    let (code, _, stderr) = served.stop();
    assert_eq!(code, Some(0), "a SIGHUP ends nothing: {stderr}");
    assert!(stderr.contains("read again"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_sighup_ends_no_service_that_is_about_to_start() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    // While it is there the configuration is not read to its end, for up to a second.
    let lock = folder.path().join("data/dev-secrets.env.lock");
    std::fs::write(&lock, "").unwrap();
    let mut command = serving(folder.path());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = format!("/proc/{}/status", child.id());
    let hears_of_it = || {
        let status = std::fs::read_to_string(&process).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(caught.trim(), 16).unwrap() & 1 == 1
    };
    let mut tries = (0..80).map(|_| std::thread::sleep(Duration::from_millis(10)));
    assert!(tries.any(|()| hears_of_it()), "it waits for the lock, and a SIGHUP would end it");
    let hangup = Command::new("kill").args(["-HUP", &child.id().to_string()]).status();
    assert!(hangup.unwrap().success());
    std::fs::remove_file(lock).unwrap();
    let (code, _, stderr) = Served::of(child).stop();
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn does_not_start_in_production_under_an_address_in_the_clear() {
    let folder = TempDir::new().unwrap();
    let why = refused(production(folder.path()).env("PUBLIC_URL", "http://api.example"), 78);
    assert!(why.contains("PUBLIC_URL: "), "{why}");
}

#[test]
fn refuses_what_it_cannot_do_with_78() {
    for (variable, value, named) in [
        ("APP_ENV", "staging", "APP_ENV: "),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "TRUSTED_PROXIES: "),
        ("TRUSTED_PROXIES", "10.0.0.0/8, nonsense", "TRUSTED_PROXIES: "),
        ("LOG_FORMAT", "xml", "LOG_FORMAT: "),
        ("RUST_LOG", "info,=[", "RUST_LOG: "),
        ("REDIS_URL", "rediss://127.0.0.1:6379", "REDIS_URL: "),
        ("VAPI_WEBHOOK_SECRET_FILE", "/nowhere/at/all", "VAPI_WEBHOOK_SECRET: "),
    ] {
        let folder = TempDir::new().unwrap();
        let why = refused(serving(folder.path()).env(variable, value), 78);
        assert!(why.contains(named), "{variable}={value}:\n{why}");
    }
}

#[test]
fn listens_on_loopback_only_in_development() {
    let folder = TempDir::new().unwrap();
    let mut open = command(folder.path());
    open.args(["--listen", "0.0.0.0:0", "--admin-listen", "[::]:0", "--data", "data"]);
    let why = refused(&mut open, 78);
    assert!(why.contains("--listen: 0.0.0.0:0") && why.contains("--admin-listen: [::]:0"), "{why}");
}

#[test]
fn takes_the_profile_from_the_env_file_too() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(".env"), "APP_ENV=production\n").unwrap();
    let why = refused(&mut serving(folder.path()), 78);
    assert!(why.contains("needed in production"), "{why}");
}

#[test]
fn says_clearly_that_a_port_is_taken() {
    let folder = TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = command(folder.path());
    command.args(["--listen", &address, "--admin-listen", "127.0.0.1:0", "--data", "data"]);
    let why = refused(&mut command, 1);
    assert!(why.contains(&format!("--listen: cannot listen at {address}")), "{why}");
}

#[test]
fn says_clearly_that_the_database_is_none() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let garbage = "no database at all ".repeat(100);
    std::fs::write(folder.path().join("data/drain-fortin.db"), garbage).unwrap();
    let why = refused(&mut serving(folder.path()), 1);
    assert!(why.contains("is not a database"), "{why}");
}

#[test]
fn adds_a_user_by_a_password_that_no_list_of_processes_shows() {
    let folder = TempDir::new().unwrap();
    let add = |password: &str| {
        let mut command = command(folder.path());
        command.args(["user", "add", "agent@example.test", "--role", "agent", "--data", "data"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert_absent(&text, password.trim_end());
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (code, why) = add("short\n");
    assert_eq!(code, Some(1));
    assert!(why.contains("between 12 and 1024 bytes"), "{why}");
    assert_eq!(add("made-up-password\n").0, Some(0));
    let (code, why) = add("made-up-password\n");
    assert_eq!(code, Some(1));
    assert!(why.contains("is a user already"), "{why}");
}

#[test]
fn tours_and_prints_only_the_table() {
    let folder = TempDir::new().unwrap();
    let output = command(folder.path()).arg("tour").output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.trim_end().ends_with(" rows, 0 red"), "{stdout}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a tour leaves nothing");
}
