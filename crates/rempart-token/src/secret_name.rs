use rempart_keys::Secret;

/// Whether events may tell of `secret` by this name: 1 to 64 bytes of `[A-Za-z0-9._-]`, and not the
/// secret itself. Whoever gives the value for the name would have it in every event.
pub(crate) fn is_name_beside(name: &str, secret: &Secret) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let is_name = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
    let mut windows = name.as_bytes().windows(secret.len());
    is_name && !windows.any(|window| window == secret.expose())
}
