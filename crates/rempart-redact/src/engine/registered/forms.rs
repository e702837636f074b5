//! The forms that a value takes on its way into a log.

use std::fmt::Write;
use std::str;

use zeroize::Zeroizing;

use super::Wiped;
use crate::base64::{self, STANDARD, URL_SAFE};

/// The fewest bytes of a form: anything shorter is found in innocent texts.
pub(in crate::engine) const MIN_BYTES: usize = 6;
/// The fewest bytes of a line that counts as a part of a secret of several lines.
const MIN_LINE: usize = 16;

/// One form.
pub(super) struct Form {
    pub(super) bytes: Wiped,
    /// Whether it is the middle of a longer Base64 text.
    pub(super) grows: bool,
}

/// Every form of a value, each once. Letters are compared without case, so one case is enough.
pub(super) fn forms_of(value: &[u8]) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut add = |bytes: Wiped, grows: bool| {
        let new = |form: &Form| !form.bytes.eq_ignore_ascii_case(&bytes);
        if bytes.len() >= MIN_BYTES && forms.iter().all(new) {
            forms.push(Form { bytes, grows });
        }
    };
    let raw = Zeroizing::new(value.to_vec());
    let json = json(value, JSON_PLAIN);
    add(json_of(&json), false);
    add(json_of(&json_of(&json)), false);
    add(json, false);
    add(self::json(value, JSON_SLASH), false);
    add(self::json(value, JSON_ASCII), false);
    add(self::json(value, JSON_HTML), false);
    add(Zeroizing::new(value.escape_ascii().collect()), false);
    let percent_encoded = percent(value, is_unreserved);
    add(percent(&percent_encoded, is_unreserved), false);
    add(percent_encoded, false);
    add(percent(value, is_component), false);
    add(percent(value, is_uri), false);
    add(percent(value, |_| false), false);
    add(form(value), false);
    for core in base64_cores(value) {
        add(percent(&core, is_unreserved), false);
        add(core, true);
    }
    add(hex(value), false);
    add(list(value, ", "), false);
    add(list(value, ","), false);
    if value.contains(&b'\n') {
        for line in value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            // The lines around a key in a block are everybody's.
            if line.len() >= MIN_LINE && !line.starts_with(b"-----") {
                add(Zeroizing::new(line.to_vec()), false);
            }
        }
    }
    add(raw, false);
    forms
}

/// How JSON strings differ from one writer to another.
#[derive(Clone, Copy)]
struct Json {
    slash: bool,
    ascii: bool,
    /// As Go's encoder writes it, so that the text can stand in a page.
    html: bool,
}

const JSON_PLAIN: Json = Json { slash: false, ascii: false, html: false };
const JSON_SLASH: Json = Json { slash: true, ..JSON_PLAIN };
const JSON_ASCII: Json = Json { ascii: true, ..JSON_PLAIN };
const JSON_HTML: Json = Json { html: true, ..JSON_PLAIN };

fn json_of(value: &[u8]) -> Wiped {
    json(value, JSON_PLAIN)
}

fn json(value: &[u8], style: Json) -> Wiped {
    let mut out = buffer(value.len(), 6);
    // A value that is no text is in no JSON string.
    let Ok(text) = str::from_utf8(value) else { return out };
    let mut units = [0; 2];
    for character in text.chars() {
        match character {
            '"' => out.extend(br#"\""#),
            '\\' => out.extend(br"\\"),
            '\n' => out.extend(br"\n"),
            '\r' => out.extend(br"\r"),
            '\t' => out.extend(br"\t"),
            '/' if style.slash => out.extend(br"\/"),
            character
                if character.is_control()
                    || style.ascii && !character.is_ascii()
                    || style.html && matches!(character, '<' | '>' | '&') =>
            {
                for unit in character.encode_utf16(&mut units) {
                    let [high, low] = unit.to_be_bytes();
                    out.extend(br"\u");
                    out.extend(pair(high).into_iter().chain(pair(low)));
                }
            }
            character => out.extend(character.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    out
}

fn percent(value: &[u8], stays: fn(u8) -> bool) -> Wiped {
    let mut out = buffer(value.len(), 3);
    for byte in value {
        if stays(*byte) {
            out.push(*byte);
        } else {
            out.push(b'%');
            out.extend(pair(*byte));
        }
    }
    out
}

/// `application/x-www-form-urlencoded` by the URL standard.
fn form(value: &[u8]) -> Wiped {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"*-._ ".contains(&byte);
    let mut out = percent(value, stays);
    out.iter_mut().filter(|byte| **byte == b' ').for_each(|byte| *byte = b'+');
    out
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What `encodeURIComponent` leaves alone.
fn is_component(byte: u8) -> bool {
    is_unreserved(byte) || b"!'()*".contains(&byte)
}

/// What `encodeURI` leaves alone.
fn is_uri(byte: u8) -> bool {
    is_component(byte) || b";,/?:@&=+$#".contains(&byte)
}

/// The characters of a Base64 text that the value alone decides, for each of the three ways in
/// which it can stand among other bytes, in both alphabets.
fn base64_cores(value: &[u8]) -> Vec<Wiped> {
    let mut cores = Vec::new();
    for before in 0..3_usize {
        let mut padded = buffer(value.len().saturating_add(2), 1);
        padded.resize(before, 0);
        padded.extend(value);
        // Six bits a character: the first one that holds no bit of what stands before, and the
        // last one that holds none of what comes after.
        let first = before.saturating_mul(8).div_ceil(6);
        let last = padded.len().saturating_mul(8) / 6;
        for alphabet in [STANDARD, URL_SAFE] {
            let mut core = buffer(last, 1);
            core.extend(base64::encode(&padded, alphabet).take(last).skip(first));
            cores.push(core);
        }
    }
    cores
}

fn hex(value: &[u8]) -> Wiped {
    let mut out = buffer(value.len(), 2);
    out.extend(value.iter().flat_map(|byte| pair(*byte)));
    out
}

/// The numbers of a byte string, as `Debug` and JSON print it.
fn list(value: &[u8], separator: &str) -> Wiped {
    let mut text = Zeroizing::new(String::with_capacity(value.len().saturating_mul(5)));
    for (nth, byte) in value.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}{byte}", if nth == 0 { "" } else { separator });
    }
    Zeroizing::new(text.as_bytes().to_vec())
}

fn pair(byte: u8) -> [u8; 2] {
    let digit =
        |value: u8| char::from_digit(u32::from(value), 16).map_or(b'0', |digit| digit as u8);
    [digit(byte >> 4), digit(byte & 15)]
}

/// Room for the whole form: growing would leave copies behind.
fn buffer(length: usize, most_per_byte: usize) -> Wiped {
    Zeroizing::new(Vec::with_capacity(length.saturating_mul(most_per_byte)))
}
