use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request};

/// The language that a client expects a refusal in; read before the request moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flavour {
    /// HTTP, with a body.
    Http,
    /// HTTP without a body ([RFC 9110 §9.3.2](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2)).
    Head,
    /// gRPC: status 200 and `grpc-status`, without a body ([trailers-only]).
    ///
    /// [trailers-only]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
    Grpc,
    /// gRPC-Web, binary frames; otherwise as [`Grpc`](Self::Grpc).
    GrpcWeb,
    /// gRPC-Web, base64 frames; otherwise as [`Grpc`](Self::Grpc).
    GrpcWebText,
}

impl Flavour {
    /// The flavour for a request with this method and these headers.
    #[must_use]
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        if let Some(content_type) = headers.get(CONTENT_TYPE)
            && let Some(grpc) = Self::of_content_type(content_type.as_bytes())
        {
            return grpc;
        }
        if *method == Method::HEAD { Self::Head } else { Self::Http }
    }

    /// The flavour for a request.
    #[must_use]
    pub fn of_request<B>(request: &Request<B>) -> Self {
        Self::of(request.method(), request.headers())
    }

    fn of_content_type(content_type: &[u8]) -> Option<Self> {
        // Media types are compared without case (RFC 9110 §8.3.1). Longest prefix first.
        [
            (&b"application/grpc-web-text"[..], Self::GrpcWebText),
            (b"application/grpc-web", Self::GrpcWeb),
            (b"application/grpc", Self::Grpc),
        ]
        .into_iter()
        .find_map(|(prefix, flavour)| {
            let (head, rest) = content_type.split_at_checked(prefix.len())?;
            let ends = matches!(rest.first(), None | Some(b'+' | b';' | b' ' | b'\t'));
            (ends && head.eq_ignore_ascii_case(prefix)).then_some(flavour)
        })
    }

    pub(super) const fn grpc_content_type(self) -> Option<HeaderValue> {
        match self {
            Self::Http | Self::Head => None,
            Self::Grpc => Some(HeaderValue::from_static("application/grpc")),
            Self::GrpcWeb => Some(HeaderValue::from_static("application/grpc-web")),
            Self::GrpcWebText => Some(HeaderValue::from_static("application/grpc-web-text")),
        }
    }
}
