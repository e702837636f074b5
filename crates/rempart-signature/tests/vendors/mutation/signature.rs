//! Signatures: wrong ones, and right ones written otherwise.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rempart_signature::Encoding;

use super::{Mutation, signed};
use crate::chance::Chance;
use crate::draft::Signed;

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    signed("signed with another secret",             |signed, _| { let forged = signed.forged(); write(signed, |_| forged) }),
    signed("a character of the signature is another", |signed, chance| { let at = chance.below(signed.signature.len() - 2); write(signed, |text| other(&text, at)) }),
    signed("the signature is all zeros",             |signed, _| write(signed, |text| "0".repeat(text.len()))),
    signed("the signature lacks its last character", |signed, _| write(signed, |text| text[..text.len() - 1].to_owned())),
    signed("the signature lacks its last two",       |signed, _| write(signed, |text| text[..text.len() - 2].to_owned())),
    signed("the signature is cut in half",           |signed, _| write(signed, |text| text[..text.len() / 2].to_owned())),
    signed("the signature is empty",                 |signed, _| write(signed, |_| String::new())),
    signed("a 0 is put after the signature",         |signed, _| write(signed, |text| format!("{text}0"))),
    signed("00 is put after the signature",          |signed, _| write(signed, |text| format!("{text}00"))),
    signed("= is put after the signature",           |signed, _| write(signed, |text| format!("{text}="))),
    signed("letters are put after the signature",    |signed, _| write(signed, |text| format!("{text}zz"))),
    signed("the signature is sent twice in one",     |signed, _| write(signed, |text| format!("{text}{text}"))),
    signed("the signature is in upper case",         |signed, _| write(signed, |text| text.to_ascii_uppercase())),
    signed("a letter of the signature is in upper case", |signed, _| write(signed, |text| first_letter_upper(&text))),
    signed("the signature is in quotes",             |signed, _| write(signed, |text| format!("\"{text}\""))),
    signed("the signature is in the other encoding", |signed, _| { let encoding = signed.draft.scheme.encoding(); write(signed, |text| other_encoding(&text, encoding)) }),
    signed("a blank is put into the signature",      |signed, _| write(signed, |text| format!("{} {}", &text[..8], &text[8..]))),
    signed("a blank is put before the signature",    |signed, _| write(signed, |text| format!(" {text}"))),
    signed("something that is no digit is put into the signature", |signed, _| write(signed, |text| format!("{}!{}", &text[..8], &text[8..]))),
    signed("the signature ends in a letter of another script", |signed, _| write(signed, |text| format!("{text}é"))),
    signed("the signature lacks its padding",        |signed, _| base64(signed, |text| text.trim_end_matches('=').to_owned())),
    signed("the signature is in the alphabet of URLs", |signed, _| base64(signed, |text| text.replace('+', "-").replace('/', "_"))),
    signed("the last bits of the signature stray",   |signed, _| base64(signed, |text| stray(&text))),
    signed("the padding stands first",               |signed, _| base64(signed, |text| format!("={}", text.trim_end_matches('=')))),
];

/// Wherever it stands.
fn write(signed: &mut Signed, change: impl FnOnce(String) -> String) -> bool {
    let changed = change(signed.signature.clone());
    let element = signed.elements.last_mut().unwrap();
    let differs = changed != signed.signature;
    *element = element.replace(&signed.signature, &changed);
    differs
}

fn base64(signed: &mut Signed, change: impl FnOnce(String) -> String) -> bool {
    is_base64(signed.draft.scheme.encoding()) && write(signed, change)
}

const fn is_base64(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::Base64 | Encoding::Base64Der)
}

/// Another character of both alphabets, and not the same letter in the other case.
fn other(text: &str, at: usize) -> String {
    let old = text.as_bytes()[at];
    let new = if old.is_ascii_digit() { 'a' } else { '7' };
    format!("{}{new}{}", &text[..at], &text[at + 1..])
}

fn first_letter_upper(text: &str) -> String {
    let at = text.find(|character: char| character.is_ascii_lowercase()).unwrap_or(0);
    format!("{}{}{}", &text[..at], text[at..=at].to_ascii_uppercase(), &text[at + 1..])
}

fn other_encoding(text: &str, encoding: Encoding) -> String {
    if is_base64(encoding) {
        let tag = STANDARD.decode(text).unwrap();
        return tag.iter().map(|byte| format!("{byte:02x}")).collect();
    }
    let pairs = text.as_bytes().as_chunks::<2>().0.iter();
    let digit = |digit: u8| char::from(digit).to_digit(16).unwrap();
    let tag = pairs.map(|[high, low]| u8::try_from(digit(*high) * 16 + digit(*low)));
    STANDARD.encode(tag.collect::<Result<Vec<u8>, _>>().unwrap())
}

/// The last character before the padding carries bits that mean nothing.
fn stray(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bare = text.trim_end_matches('=');
    if bare == text {
        return text.to_owned();
    }
    let (head, padding) = (&bare[..bare.len() - 1], &text[bare.len()..]);
    let value = ALPHABET.iter().position(|byte| *byte == bare.as_bytes()[head.len()]).unwrap();
    format!("{head}{}{padding}", char::from(ALPHABET[value | 1]))
}

/// An element with a signature of this text, or nothing for schemes that have no list.
pub(super) fn element(signed: &Signed, text: &str) -> Option<String> {
    signed.separator()?;
    Some(signed.elements.last()?.replace(&signed.signature, text))
}

/// So many elements with signatures that are nobody's.
pub(super) fn forgeries(signed: &Signed, count: usize, chance: &mut Chance) -> Option<Vec<String>> {
    let forged = signed.forged();
    let at = |chance: &mut Chance| chance.below(forged.len() - 2);
    (0..count).map(|_| element(signed, &other(&forged, at(chance)))).collect()
}
