use super::CaseError;

/// Parts the lines of a header in an unescaped field: a byte that no header can hold.
pub(super) const NEXT_LINE: u8 = b'\n';
const MAX_BYTES: usize = 4 << 20;
const REPEAT: &str = "{repeat:";

/// The bytes of a field, its escapes resolved.
pub(super) fn unescape(name: &'static str, text: &str) -> Result<Vec<u8>, CaseError> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let piece;
        (piece, rest) = match rest.strip_prefix(REPEAT) {
            Some(inside) => repeated(name, inside)?,
            None => literal(name, rest)?,
        };
        bytes.extend(piece);
        if bytes.len() > MAX_BYTES {
            return Err(CaseError::TooLong { name });
        }
    }
    Ok(bytes)
}

/// What stands after `{repeat:`, and what follows it.
fn repeated<'t>(name: &'static str, inside: &'t str) -> Result<(Vec<u8>, &'t str), CaseError> {
    let unknown = CaseError::Escape { name };
    let (inside, rest) = inside.split_once('}').ok_or_else(|| unknown.clone())?;
    let (text, times) = inside.rsplit_once(':').ok_or_else(|| unknown.clone())?;
    let times: usize = times.parse().map_err(|_| unknown)?;
    let mut piece = Vec::new();
    let mut tail = text;
    while !tail.is_empty() {
        let bytes;
        (bytes, tail) = literal(name, tail)?;
        piece.extend(bytes);
    }
    match piece.len().checked_mul(times) {
        Some(length) if length <= MAX_BYTES => Ok((piece.repeat(times), rest)),
        _ => Err(CaseError::TooLong { name }),
    }
}

/// The bytes of the first character or escape, and what follows it.
fn literal<'t>(name: &'static str, text: &'t str) -> Result<(Vec<u8>, &'t str), CaseError> {
    let unknown = CaseError::Escape { name };
    let mut characters = text.chars();
    let first = characters.next().unwrap_or_default();
    if first != '\\' {
        let mut buffer = [0; 4];
        return Ok((first.encode_utf8(&mut buffer).as_bytes().to_vec(), characters.as_str()));
    }
    let byte = match characters.next() {
        Some('n') => NEXT_LINE,
        Some('t') => b'\t',
        Some('\\') => b'\\',
        Some('x') => {
            let digits = characters.as_str().get(..2).ok_or_else(|| unknown.clone())?;
            let byte = u8::from_str_radix(digits, 16).map_err(|_| unknown.clone())?;
            if digits.starts_with('+') || byte == NEXT_LINE {
                return Err(unknown);
            }
            characters.nth(1);
            byte
        }
        _ => return Err(unknown),
    };
    Ok((vec![byte], characters.as_str()))
}
