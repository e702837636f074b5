//! Looks for a secret in an output, in each form in which secrets get out.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The form in which `secret` stands in `output`, if it does.
///
/// Raw, in hexadecimal, in base64 at any alignment, percent-encoded, as the list of numbers that
/// `Debug` prints for bytes, or escaped as `Debug` prints text. Secrets shorter than 6 bytes stand
/// in any output by chance: they are looked for raw.
pub fn found(output: &[u8], secret: &[u8]) -> Option<&'static str> {
    forms(secret).into_iter().find_map(|(form, text)| contains(output, &text).then_some(form))
}

/// Fails if `secret` stands in `output`. Says the form, and prints neither.
#[track_caller]
pub fn assert_absent(output: impl AsRef<[u8]>, secret: impl AsRef<[u8]>) {
    if let Some(form) = found(output.as_ref(), secret.as_ref()) {
        panic!("a secret stands in the output: {form}");
    }
}

fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("raw", secret.to_vec())];
    if secret.len() < 6 {
        return forms;
    }
    let spelt = |digits: fn(&u8) -> String| secret.iter().map(digits).collect::<Vec<_>>().concat();
    forms.push(("hexadecimal", spelt(|byte| format!("{byte:02x}")).into_bytes()));
    forms.push(("upper-case hexadecimal", spelt(|byte| format!("{byte:02X}")).into_bytes()));
    forms.push(("percent-encoded", spelt(|byte| format!("%{byte:02X}")).into_bytes()));
    for skipped in 0..3 {
        // The whole groups of three bytes, from each alignment: what a longer text shows of them.
        let groups = &secret[skipped..];
        let groups = &groups[..groups.len() / 3 * 3];
        forms.push(("base64", STANDARD_NO_PAD.encode(groups).into_bytes()));
        forms.push(("URL-safe base64", URL_SAFE_NO_PAD.encode(groups).into_bytes()));
    }
    let list = format!("{secret:?}");
    forms.push(("list of numbers", list.trim_matches(['[', ']']).as_bytes().to_vec()));
    forms.push(("escaped", secret.escape_ascii().to_string().into_bytes()));
    forms.retain(|(_, text)| text.len() >= 4);
    forms
}

fn contains(output: &[u8], text: &[u8]) -> bool {
    !text.is_empty() && memchr::memmem::find(output, text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_planted_in_every_form() {
        let secret = b"canary-\"of\"-tests";
        for (form, text) in forms(secret) {
            let output = [b"before ", &text[..], b" after"].concat();
            assert!(found(&output, secret).is_some(), "{form}");
        }
        let encoded = STANDARD_NO_PAD.encode([b"user:", &secret[..]].concat());
        assert!(found(encoded.as_bytes(), secret).is_some(), "inside longer base64");
        assert_eq!(found(b"nothing of it", secret), None);
    }
}
