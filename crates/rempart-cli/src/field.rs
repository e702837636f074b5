use http::{HeaderMap, HeaderName, HeaderValue};

use crate::failure::Failure;

/// The headers of a request, as `-H` gives them: a repeated one gets a line for each.
pub(crate) fn headers(texts: &[String]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (text, nth) in texts.iter().zip(1_usize..) {
        let unfit = |what: &str| Failure::Usage(format!("header {nth} {what}"));
        let (name, value) =
            text.split_once(':').ok_or_else(|| unfit("is not of the form `Name: value`"))?;
        let name: HeaderName = name.parse().map_err(|_| unfit("has no name that a header has"))?;
        let mut value = HeaderValue::from_str(value.trim_matches([' ', '\t']))
            .map_err(|_| unfit("holds a byte that no header may"))?;
        value.set_sensitive(true);
        headers.try_append(name, value).map_err(|_| unfit("is one too many"))?;
    }
    Ok(headers)
}
