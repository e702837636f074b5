use super::{Member, SignError};

/// Puts members into a JSON object, before what it holds.
pub(super) fn write(body: &[u8], members: &[(&Member, &str)]) -> Result<Vec<u8>, SignError> {
    let unfit = |member: &Member| SignError::Member { member: member.clone() };
    // What would need an escape is signed without one.
    if let Some((member, _)) = members.iter().find(|(_, text)| text.contains(['"', '\\'])) {
        return Err(unfit(member));
    }
    let first = members.first().map_or_else(|| Member::new(""), |(member, _)| (*member).clone());
    let rest = body.trim_ascii().strip_prefix(b"{").ok_or_else(|| unfit(&first))?;
    let paths: Vec<(Vec<&str>, &str)> =
        members.iter().map(|(member, text)| (member.names().collect(), *text)).collect();
    let mut text = String::from("{");
    nest(&paths, 0, &mut text);
    if !rest.trim_ascii_start().starts_with(b"}") {
        text.push(',');
    }
    let written = [text.as_bytes(), rest].concat();
    // What was there already is there twice now.
    for (member, text) in members {
        if member.text_in(&written) != Ok(text.as_bytes()) {
            return Err(unfit(member));
        }
    }
    Ok(written)
}

/// The members of one object: what neighbours have in common is written once.
fn nest(paths: &[(Vec<&str>, &str)], depth: usize, text: &mut String) {
    let name = |path: &(Vec<&str>, &str)| path.0.get(depth).copied().map(str::to_owned);
    for (nth, group) in paths.chunk_by(|a, b| name(a) == name(b)).enumerate() {
        let Some(first) = group.first() else { continue };
        if nth > 0 {
            text.push(',');
        }
        text.extend(["\"", &name(first).unwrap_or_default(), "\":"]);
        let deeper = depth.saturating_add(1);
        if first.0.len() > deeper {
            text.push('{');
            nest(group, deeper, text);
            text.push('}');
        } else {
            text.extend(["\"", first.1, "\""]);
        }
    }
}
