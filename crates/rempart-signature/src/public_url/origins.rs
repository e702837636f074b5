use http::Uri;
use rempart_core::{ClientHost, ClientScheme};

use super::{PublicUrl, query};
use crate::{Head, Rejection, UrlForm};

/// The URLs under which a service is known, each in the spellings that a sender may have signed.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    list: Box<[Origin]>,
    /// Which of them counts is a trusted proxy's word, and not the first.
    by_proxy: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Origin {
    form: UrlForm,
    host: String,
    port: u16,
    secure: bool,
    spelled: Vec<String>,
}

impl Origins {
    /// For a scheme that signs no URL.
    pub(crate) fn none() -> Self {
        Self { list: Box::default(), by_proxy: false }
    }

    pub(crate) fn new(urls: &[PublicUrl], form: UrlForm, by_proxy: bool) -> Self {
        Self { list: urls.iter().map(|url| Origin::new(url, form)).collect(), by_proxy }
    }

    /// The one that a request came to: that is configured, or that a trusted proxy forwards and that
    /// is one of ours. The request's own `Host` is not asked. None for a scheme that signs no URL.
    #[inline]
    pub(crate) fn of(&self, head: &Head<'_>) -> Result<Option<&Origin>, Rejection> {
        if self.by_proxy { self.forwarded(head).map(Some) } else { Ok(self.list.first()) }
    }

    fn forwarded(&self, head: &Head<'_>) -> Result<&Origin, Rejection> {
        let (host, scheme) = head.forwarded().ok_or(Rejection::HostNotAllowed)?;
        let ours = self.list.iter().find(|origin| origin.is_at(host, scheme));
        ours.ok_or(Rejection::HostNotAllowed)
    }
}

/// The spellings of one request's URL of which a sender may have signed one: two origins and two
/// paths make four, and there are never more.
#[derive(Debug)]
pub(crate) struct Spellings<'a> {
    /// One or two; none if the scheme signs no URL.
    origins: &'a [String],
    path_and_query: &'a str,
    respelled: Option<String>,
    /// What follows from these; asked for twice or more in each verification.
    places: &'static [u8],
}

impl<'a> Spellings<'a> {
    /// Of the URL of this request, whose origin this is; where no URL is signed, there is one.
    #[inline]
    pub(crate) fn of(origin: Option<&'a Origin>, head: &Head<'a>) -> Self {
        match origin {
            Some(origin) => Self::at(origin, head),
            None => Self { origins: &[], path_and_query: "", respelled: None, places: &[0] },
        }
    }

    /// For the few schemes that sign a URL; apart, so that the others do not pay for its room.
    #[inline(never)]
    fn at(origin: &'a Origin, head: &Head<'a>) -> Self {
        let path_and_query = head.path_and_query();
        let respelled = match origin.form {
            UrlForm::AsConfigured | UrlForm::Decoded | UrlForm::WithAndWithoutPort => None,
            UrlForm::Respelled => query::respelled(path_and_query),
            UrlForm::WebSocket => Some(query::with_other_slash(path_and_query)),
        };
        let places: &[u8] = match (origin.spelled.len() > 1, respelled.is_some()) {
            (false, false) => &[0],
            (false, true) => &[0, 1],
            (true, false) => &[0, 2],
            (true, true) => &[0, 1, 2, 3],
        };
        Self { origins: &origin.spelled, path_and_query, respelled, places }
    }

    /// The place of each spelling: by the low bit the path, by the next one the origin.
    pub(crate) fn places(&self) -> impl Iterator<Item = u8> + use<> {
        self.places.iter().copied()
    }

    /// The origin and the path of this place.
    pub(crate) fn get(&self, place: u8) -> [&str; 2] {
        let origin = self.origins.get(usize::from(place >> 1)).map_or("", String::as_str);
        let path_and_query = match &self.respelled {
            Some(respelled) if place & 1 == 1 => respelled,
            _ => self.path_and_query,
        };
        [origin, path_and_query]
    }
}

impl Origin {
    fn new(url: &PublicUrl, form: UrlForm) -> Self {
        let uri = url.configured.parse::<Uri>().unwrap_or_default();
        let secure = matches!(uri.scheme_str(), Some("https" | "wss"));
        Self {
            form,
            host: uri.host().unwrap_or_default().to_owned(),
            port: uri.port_u16().unwrap_or(default_port(secure)),
            secure,
            spelled: url.spelled(form),
        }
    }

    /// Whether a client that asked for this host, in this scheme if it is known, asked for this URL.
    fn is_at(&self, host: &ClientHost, scheme: Option<ClientScheme>) -> bool {
        scheme.is_none_or(|scheme| (scheme == ClientScheme::Https) == self.secure)
            && self.host.eq_ignore_ascii_case(host.host())
            && self.port == host.port().unwrap_or(default_port(self.secure))
    }
}

const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

impl PublicUrl {
    /// Whether no request to the one is told from one to the other.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        let [one, other] = [self, other].map(|url| Origin::new(url, UrlForm::AsConfigured));
        one.secure == other.secure
            && one.port == other.port
            && one.host.eq_ignore_ascii_case(&other.host)
    }

    /// The beginnings of what may have been signed.
    fn spelled(&self, form: UrlForm) -> Vec<String> {
        let socket = |text: &str| match text.strip_prefix("http") {
            Some(rest) => format!("ws{rest}"),
            None => text.to_owned(),
        };
        match form {
            UrlForm::AsConfigured | UrlForm::Decoded => vec![self.configured.clone()],
            UrlForm::Respelled | UrlForm::WithAndWithoutPort => {
                vec![self.configured.clone(), self.respelled.clone()]
            }
            UrlForm::WebSocket => vec![socket(&self.configured), socket(&self.respelled)],
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{Extensions, HeaderMap, Method};

    use super::*;

    fn all(urls: &[&str], form: UrlForm, target: &str) -> Vec<String> {
        let urls: Vec<PublicUrl> = urls.iter().map(|url| url.parse().unwrap()).collect();
        let origins = Origins::new(&urls, form, false);
        let (uri, headers) = (target.parse::<Uri>().unwrap(), HeaderMap::new());
        let head = Head::new(&Method::POST, &uri, &headers);
        let spellings = Spellings::of(origins.of(&head).unwrap(), &head);
        let text = |place| spellings.get(place).concat();
        spellings.places().map(text).collect()
    }

    #[test]
    fn spells_a_url_as_its_form_says_and_never_in_more_than_four_ways() {
        #[rustfmt::skip]
        let rows: &[(&str, UrlForm, &str, &[&str])] = &[
            ("https://a.example",      UrlForm::AsConfigured,       "/x?q=it's", &["https://a.example/x?q=it's"]),
            ("https://a.example",      UrlForm::WithAndWithoutPort, "/x?q=it's", &["https://a.example/x?q=it's", "https://a.example:443/x?q=it's"]),
            ("https://a.example:443",  UrlForm::WithAndWithoutPort, "/x",        &["https://a.example:443/x", "https://a.example/x"]),
            ("http://a.example",       UrlForm::WithAndWithoutPort, "/x",        &["http://a.example/x", "http://a.example:80/x"]),
            ("https://a.example",      UrlForm::Respelled,          "/x?q=1",    &["https://a.example/x?q=1", "https://a.example:443/x?q=1"]),
            ("https://a.example",      UrlForm::Respelled,          "/x?q=it's", &["https://a.example/x?q=it's", "https://a.example/x?q=it%27s", "https://a.example:443/x?q=it's", "https://a.example:443/x?q=it%27s"]),
            ("https://a.example/base", UrlForm::WebSocket,          "/media",    &["wss://a.example/base/media", "wss://a.example/base/media/", "wss://a.example:443/base/media", "wss://a.example:443/base/media/"]),
            ("wss://a.example",        UrlForm::WebSocket,          "/media/",   &["wss://a.example/media/", "wss://a.example/media", "wss://a.example:443/media/", "wss://a.example:443/media"]),
            ("http://127.0.0.1:8080",  UrlForm::WebSocket,          "/",         &["ws://127.0.0.1:8080/", "ws://127.0.0.1:8080", "ws://127.0.0.1/", "ws://127.0.0.1"]),
        ];
        for (url, form, target, want) in rows {
            assert_eq!(all(&[url], *form, target), *want, "{url} {form:?} {target}");
        }
    }

    #[test]
    fn a_forwarded_host_counts_if_it_is_one_of_ours() {
        let urls = ["https://a.example", "https://b.example:8443", "http://a.example"];
        let urls: Vec<PublicUrl> = urls.iter().map(|url| url.parse().unwrap()).collect();
        let origins = Origins::new(&urls, UrlForm::AsConfigured, true);
        let (uri, headers) = (Uri::from_static("/x"), HeaderMap::new());
        #[rustfmt::skip]
        let rows = [
            (Some("a.example"),       None,                      Some("https://a.example")),
            (Some("A.Example:443"),   None,                      Some("https://a.example")),
            (Some("a.example:80"),    None,                      Some("http://a.example")),
            (Some("a.example"),       Some(ClientScheme::Http),  Some("http://a.example")),
            (Some("a.example"),       Some(ClientScheme::Https), Some("https://a.example")),
            (Some("b.example:8443"),  Some(ClientScheme::Https), Some("https://b.example:8443")),
            (Some("b.example:8443"),  Some(ClientScheme::Http),  None),
            (Some("b.example"),       None,                      None),
            (Some("a.example:8443"),  None,                      None),
            (Some("c.example"),       None,                      None),
            (Some("a.example.evil"),  None,                      None),
            (None,                    None,                      None),
        ];
        for (host, scheme, want) in rows {
            let mut extensions = Extensions::new();
            host.map(|host| extensions.insert(ClientHost::new(host).unwrap()));
            scheme.map(|scheme| extensions.insert(scheme));
            let head = Head::new(&Method::POST, &uri, &headers).extensions(&extensions);
            let origin =
                origins.of(&head).map(|origin| Spellings::of(origin, &head).get(0)[0].to_owned());
            assert_eq!(origin.ok().as_deref(), want, "{host:?} {scheme:?}");
        }
    }
}
