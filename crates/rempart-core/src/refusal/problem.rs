use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

/// What a client is told of a refusal: problem details, rendered once ([RFC 9457]).
///
/// One public `code` for each status of a layer; it never tells causes apart. A clone bumps
/// reference counts.
///
/// [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    json: Bytes,
    grpc_message: HeaderValue,
}

impl Problem {
    /// Renders the members `type` (`about:blank`), `title`, `status` and `code`.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self::typed("about:blank", status, code, title)
    }

    /// The same, with a `type` that a standard gives to the problem.
    #[must_use]
    pub fn typed(
        type_uri: &str,
        status: StatusCode,
        code: &'static str,
        title: &'static str,
    ) -> Self {
        let status_code = status.as_u16();
        let mut json = String::from("{\"type\":");
        write_json(&mut json, type_uri);
        json.push_str(",\"title\":");
        write_json(&mut json, title);
        json.push_str(",\"status\":");
        json.push_str(&status_code.to_string());
        json.push_str(",\"code\":");
        write_json(&mut json, code);
        json.push('}');
        Self { status, code, title, json: json.into(), grpc_message: percent_encoded(title) }
    }

    /// Adds an extension member whose value is a list of texts (RFC 9457 §3.2).
    #[must_use]
    pub fn with_list<'a>(mut self, name: &str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut json = String::from_utf8_lossy(&self.json).into_owned();
        json.pop();
        json.push(',');
        write_json(&mut json, name);
        json.push_str(":[");
        for (nth, text) in texts.into_iter().enumerate() {
            json.push_str(if nth == 0 { "" } else { "," });
            write_json(&mut json, text);
        }
        json.push_str("]}");
        self.json = json.into();
        self
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The public code, stable: what a client may branch on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The public title.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The body, `application/problem+json`.
    #[must_use]
    pub fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// The gRPC status that stands for the HTTP one, with the numbers of gRPC's `Code`.
    pub(super) const fn grpc_status(&self) -> HeaderValue {
        HeaderValue::from_static(match self.status {
            StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => "3",
            StatusCode::REQUEST_TIMEOUT => "4",
            StatusCode::NOT_FOUND => "5",
            StatusCode::FORBIDDEN => "7",
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => "8",
            StatusCode::CONFLICT => "10",
            StatusCode::INTERNAL_SERVER_ERROR => "13",
            StatusCode::SERVICE_UNAVAILABLE => "14",
            StatusCode::UNAUTHORIZED => "16",
            _ => "2",
        })
    }

    pub(super) fn grpc_message(&self) -> HeaderValue {
        self.grpc_message.clone()
    }
}

/// Writes a JSON string ([RFC 8259 §7](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
fn write_json(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a string cannot fail, and control characters fit four digits.
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}

/// A `grpc-message`: all but printable ASCII, and the sign itself, as `%XX`.
fn percent_encoded(text: &str) -> HeaderValue {
    let mut message = String::new();
    for byte in text.bytes() {
        match byte {
            b'%' => message.push_str("%25"),
            b' '..=b'~' => message.push(char::from(byte)),
            _ => {
                let _ = write!(message, "%{byte:02X}");
            }
        }
    }
    // Printable ASCII alone: never refused.
    HeaderValue::from_str(&message).unwrap_or(const { HeaderValue::from_static("refused") })
}
