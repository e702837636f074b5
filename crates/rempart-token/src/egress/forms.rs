//! The forms in which a secret gets out, as texts to look for.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// So many bytes of a secret are looked for: a response that holds them gives the secret away,
/// and a long one (a PEM file) costs no more memory than a short one.
pub(super) const SEARCHED: usize = 256;

pub(super) type Text = Zeroizing<Vec<u8>>;

/// Every form of a secret that is found as it stands, none of them twice: raw, with `+` for
/// blanks as forms have it, hexadecimal in either case, base64 in both alphabets and each of the
/// three places in a group where the secret may begin.
pub(super) fn forms(secret: &[u8]) -> Vec<Text> {
    let secret = secret.get(..SEARCHED).unwrap_or(secret);
    let mut forms = vec![Zeroizing::new(secret.to_vec())];
    let mut add = |form: Text| {
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    add(each(secret, 1, |byte| [if byte == b' ' { b'+' } else { byte }, 0]));
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        add(each(secret, 2, |byte| [digit(digits, byte >> 4), digit(digits, byte & 0x0f)]));
    }
    for ahead in [Ahead::None, Ahead::One, Ahead::Two] {
        for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms_of_base64(secret, ahead, alphabet).into_iter().for_each(&mut add);
        }
    }
    forms
}

/// The same forms as they stand in the name of a header, which HTTP writes in lower case.
pub(super) fn lower_case(forms: &[Text]) -> Vec<Text> {
    let mut lower: Vec<Text> = Vec::with_capacity(forms.len());
    for form in forms {
        let form = Zeroizing::new(form.to_ascii_lowercase());
        if !lower.contains(&form) {
            lower.push(form);
        }
    }
    lower
}

/// How many bytes of its group of three stand before the secret.
#[derive(Clone, Copy)]
enum Ahead {
    None,
    One,
    Two,
}

/// The characters of base64 that the secret alone decides: those at either end may hold bits of
/// its neighbours, or of the padding.
fn forms_of_base64(secret: &[u8], ahead: Ahead, alphabet: &impl Engine) -> Option<Text> {
    let (ahead, shared) = match ahead {
        Ahead::None => (0, 0),
        Ahead::One => (1, 2),
        Ahead::Two => (2, 3),
    };
    // Made at its full size: a buffer that grows leaves copies of what it held.
    let length = secret.len().saturating_add(ahead);
    let mut group = Zeroizing::new(Vec::with_capacity(length));
    group.resize(ahead, 0);
    group.extend_from_slice(secret);
    let mut text = Zeroizing::new(vec![0; base64::encoded_len(length, false)?]);
    alphabet.encode_slice(&*group, &mut text).ok()?;
    let decided = length.saturating_mul(4).checked_div(3)?;
    Some(Zeroizing::new(text.get(shared..decided)?.to_vec()))
}

/// Spells each byte in `width` bytes.
fn each(secret: &[u8], width: usize, spell: impl Fn(u8) -> [u8; 2]) -> Text {
    let mut text = Zeroizing::new(Vec::with_capacity(secret.len().saturating_mul(width)));
    for byte in secret {
        text.extend(spell(*byte).into_iter().take(width));
    }
    text
}

fn digit(digits: &[u8; 16], nibble: u8) -> u8 {
    digits.get(usize::from(nibble)).copied().unwrap_or_default()
}
