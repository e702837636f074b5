use std::sync::Barrier;

use rempart_keys::{Secret, SecretError};

#[test]
fn refuses_what_cannot_be_meant() {
    let long = "s".repeat(Secret::MAX_LEN + 1);
    let rows: [(&[u8], Result<(), SecretError>); 13] = [
        (b"made-up", Ok(())),
        (b"x", Ok(())),
        (b"with blanks inside", Ok(())),
        (b"\xff\xfe not UTF-8 \xff", Ok(())),
        (b"", Err(SecretError::Empty)),
        (b" ", Err(SecretError::BlankPadded)),
        (b" made-up", Err(SecretError::BlankPadded)),
        (b"made-up ", Err(SecretError::BlankPadded)),
        (b"made-up\n", Err(SecretError::BlankPadded)),
        (b"\tmade-up", Err(SecretError::BlankPadded)),
        (b"made-up\r", Err(SecretError::BlankPadded)),
        (b"made-up\0", Err(SecretError::BlankPadded)),
        (long.as_bytes(), Err(SecretError::TooLong { length: Secret::MAX_LEN + 1 })),
    ];
    for (bytes, want) in rows {
        assert_eq!(Secret::new(bytes).map(|_| ()), want, "{}", bytes.escape_ascii());
    }
    assert!(Secret::new(&long.as_bytes()[1..]).is_ok(), "the limit itself");
}

#[test]
fn takes_any_byte_as_binary_key_material() {
    let bytes = b" \n\0 made-up \n".to_vec();
    assert_eq!(Secret::from_binary(bytes.clone()).unwrap().expose(), bytes);
    assert_eq!(Secret::from_binary([]).unwrap_err(), SecretError::Empty);
}

#[test]
fn reports_lengths_and_nothing_else() {
    let secret = Secret::new("made-up").unwrap();
    assert_eq!(secret.len(), 7);
    let error = secret.clone().at_least(8).unwrap_err();
    assert_eq!(error, SecretError::TooShort { length: 7, minimum: 8 });
    assert_eq!(error.to_string(), "has 7 bytes, at least 8 are needed");
    assert!(secret.at_least(7).is_ok());
}

#[test]
fn compares_bytes_of_the_same_length_only() {
    let secret = Secret::new("made-up").unwrap();
    for (candidate, same) in [
        ("made-up", true),
        ("made-uq", false),
        ("nade-up", false),
        ("made-u", false),
        ("made-up-", false),
        ("", false),
    ] {
        assert_eq!(secret.ct_eq(candidate.as_bytes()), same, "{candidate}");
    }
}

#[test]
fn shares_its_bytes_between_clones() {
    let secret = Secret::new("made-up").unwrap();
    assert_eq!(secret.expose().as_ptr(), secret.clone().expose().as_ptr());
}

#[test]
fn shows_a_fingerprint_and_nothing_else() {
    let secret = Secret::new("made-up").unwrap();
    let shown = format!("{secret:?}");
    let digits = shown.strip_prefix("Secret(fp=").and_then(|rest| rest.strip_suffix(')'));
    let digits = digits.expect("Secret(fp=…)");
    assert_eq!(digits.len(), 6);
    assert!(digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert_eq!(digits, secret.fingerprint().to_string());
    assert_eq!(shown, format!("{secret:#?}"));
}

#[test]
fn fingerprints_tell_secrets_apart_in_every_thread_alike() {
    let secret = |text: &str| Secret::new(text).unwrap().fingerprint();
    assert_ne!(secret("made-up-1"), secret("made-up-2"));
    let barrier = Barrier::new(4);
    let there = || {
        barrier.wait();
        secret("made-up-1")
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(there)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), secret("made-up-1"));
        }
    });
}

#[test]
fn fingerprints_of_another_process_are_others() {
    // The process that this test starts is this test itself, told to print and end.
    let name = "secret::fingerprints_of_another_process_are_others";
    let child = || {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", name, "--nocapture"]).env("REMPART_PRINT_FINGERPRINT", "1");
        let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
        output.split("fp=").nth(1).unwrap()[..6].to_owned()
    };
    let secret = Secret::new("made-up").unwrap();
    if std::env::var_os("REMPART_PRINT_FINGERPRINT").is_some() {
        println!("{secret:?}");
    } else {
        let three = [child(), child(), secret.fingerprint().to_string()];
        assert!(three[0] != three[1] && three[1] != three[2], "{three:?}");
    }
}

/// Compiles only while `$Type` implements none of the traits: with one more, the call is ambiguous.
macro_rules! implements_none {
    ($Type:ty: $($Trait:path),+) => {
        const _: () = {
            trait Ambiguous<A> {
                fn call() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            $({
                struct Also;
                impl<T: ?Sized + $Trait> Ambiguous<Also> for T {}
            })+
            let _ = <$Type as Ambiguous<_>>::call;
        };
    };
}

implements_none!(
    Secret: std::fmt::Display, std::hash::Hash, std::ops::Deref, PartialEq, PartialOrd,
    AsRef<[u8]>, AsRef<str>, std::borrow::Borrow<[u8]>, std::borrow::Borrow<str>,
    std::fmt::LowerHex, Default, IntoIterator
);
implements_none!(rempart_keys::Key: std::fmt::Display, std::hash::Hash, PartialEq);
implements_none!(rempart_keys::KeyRing: std::fmt::Display, std::hash::Hash, PartialEq);
