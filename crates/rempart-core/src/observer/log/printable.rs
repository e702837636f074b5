use std::borrow::Cow;

/// The most bytes that one text puts into a line.
const MOST: usize = 256;

/// The text as it may stand in a line that a terminal shows: cut at [`MOST`] bytes, and with a
/// replacement character for each one that would move the cursor or turn the text around it.
///
/// Formatters escape some of these, JSON hardly any.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if text.len() <= MOST && text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::new();
    for char in text.chars() {
        let char = if is_printable(char) { char } else { char::REPLACEMENT_CHARACTER };
        if clean.len().saturating_add(char.len_utf8()) > MOST {
            break;
        }
        clean.push(char);
    }
    Cow::Owned(clean)
}

/// No control character (C0, C1, DEL), none of the bidirectional controls of [UAX #9 §2], no
/// separator of lines or paragraphs.
///
/// [UAX #9 §2]: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
fn is_printable(char: char) -> bool {
    !(char.is_control()
        || matches!(
            char,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_what_a_terminal_shows_and_replaces_what_it_obeys() {
        let (most, longer) = ("a".repeat(MOST), "a".repeat(MOST + 1));
        let (cut, wide) = ("a".repeat(MOST - 1), format!("{}é", "a".repeat(MOST - 1)));
        #[rustfmt::skip]
        let rows: [(&str, &str); 12] = [
            // declared                what a line holds
            ("/api/calls/{id}",        "/api/calls/{id}"),
            ("/réclamations/😀",       "/réclamations/😀"),
            ("",                       ""),
            ("/a\r\nb",                "/a\u{fffd}\u{fffd}b"),
            ("\u{1b}[31m\u{7f}",       "\u{fffd}[31m\u{fffd}"),
            ("\u{9b}31m\u{85}",        "\u{fffd}31m\u{fffd}"),
            ("a\u{202e}b\u{2066}c",    "a\u{fffd}b\u{fffd}c"),
            ("\u{2028}\u{2029}",       "\u{fffd}\u{fffd}"),
            ("\u{61c}\u{200e}\u{200f}", "\u{fffd}\u{fffd}\u{fffd}"),
            (&most,                    &most),
            (&longer,                  &most),
            // A character is not cut through.
            (&wide,                    &cut),
        ];
        for (declared, held) in rows {
            assert_eq!(printable(declared), held, "{declared:?}");
        }
    }
}
