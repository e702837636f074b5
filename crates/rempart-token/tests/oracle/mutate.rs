//! Changes to a token that is signed already.

use crate::rng::Rng;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// One change to the compact form. `other` is a second good token, to take parts from.
pub(crate) fn mutate(token: &str, other: &str, rng: &mut Rng) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let at = rng.below(bytes.len());
    let changed = match rng.below(16) {
        0 => {
            bytes[at] ^= 1 << rng.below(8);
            bytes
        }
        1 => {
            bytes[at] = ALPHABET[rng.below(64)];
            bytes
        }
        2 => {
            bytes.remove(at);
            bytes
        }
        3 => {
            bytes.insert(at, rng.pick::<[u8]>(&[b" ", b"=", b".", b"\n", b"+", b"/", b"\0"])[0]);
            bytes
        }
        4 => bytes[..at].to_vec(),
        5 => bytes[at..].to_vec(),
        6..=8 => return unused_bits(token, rng),
        9 | 10 => {
            let mut parts: Vec<_> = token.split('.').collect();
            let others: Vec<_> = other.split('.').collect();
            let (from, to) = (rng.below(others.len()), rng.below(parts.len()));
            parts[to] = others[from];
            parts.join(".").into_bytes()
        }
        11 => {
            let mut parts: Vec<_> = token.split('.').collect();
            let (one, two) = (rng.below(parts.len()), rng.below(parts.len()));
            parts.swap(one, two);
            parts.join(".").into_bytes()
        }
        12 => {
            let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
            let part = rng.below(parts.len());
            parts[part].push_str(rng.pick(&["=", "==", "===", "A", "AA", " ", "\t"]));
            parts.join(".").into_bytes()
        }
        13 => {
            let (before, after) =
                (["", "Bearer ", " ", ".", "\""], ["", ".", "..", " ", ".A", "\""]);
            format!("{}{token}{}", before[rng.below(5)], after[rng.below(6)]).into_bytes()
        }
        14 => token.replace('-', "+").replace('_', "/").into_bytes(),
        _ => {
            let mut parts: Vec<_> = token.split('.').collect();
            let part = rng.below(parts.len());
            parts[part] = "";
            parts.join(".").into_bytes()
        }
    };
    String::from_utf8_lossy(&changed).into_owned()
}

/// Another last character of a part, for the same bytes: a lenient decoder would not see it.
fn unused_bits(token: &str, rng: &mut Rng) -> String {
    let mut parts: Vec<_> = token.split('.').map(|part| part.as_bytes().to_vec()).collect();
    let part = rng.below(parts.len());
    if let Some(last) = parts[part].last_mut() {
        let digit = ALPHABET.iter().position(|letter| letter == last).unwrap_or(0);
        *last = ALPHABET[digit ^ (1 + rng.below(15))];
    }
    String::from_utf8_lossy(&parts.join(&b'.')).into_owned()
}
