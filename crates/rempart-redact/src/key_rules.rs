//! Which names are those of sensitive values.

/// Names that are sensitive as a whole, once written in small letters and digits alone.
const EXACT: &[&str] = &[
    "accesstoken",
    "anonkey",
    "apikey",
    "auth",
    "authorization",
    "authtoken",
    "bearer",
    "cardnumber",
    "clientassertion",
    "clientsecret",
    "codeverifier",
    "connectionstring",
    "cookie",
    "credential",
    "credentials",
    "csrf",
    "csrftoken",
    "cvc",
    "cvv",
    "databaseurl",
    "dateofbirth",
    "dob",
    "dsn",
    "idtoken",
    "jwt",
    "mfacode",
    "motdepasse",
    "nam",
    "nas",
    "otp",
    "pan",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "privatekey",
    "proxyauthorization",
    "pwd",
    "ramq",
    "refreshtoken",
    "samlresponse",
    "secret",
    "servicerolekey",
    "sessionid",
    "sessiontoken",
    "setcookie",
    "signature",
    "sin",
    "ssn",
    "stripesignature",
    "supabasekey",
    "token",
    "totp",
    "xamzsecuritytoken",
    "xapikey",
    "xsrftoken",
    "xtwiliosignature",
    "xvapisecret",
    "xvapisignature",
];

/// Endings that make any name sensitive.
const SUFFIXES: &[&str] = &[
    "accesskey",
    "apikey",
    "credential",
    "credentials",
    "passphrase",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "token",
];

/// Names that an ending would take for sensitive and that are not.
const ALLOWED: &[&str] = &[
    "completiontokens",
    "maxtokens",
    "passwordresetat",
    "prompttokens",
    "publickey",
    "secretname",
    "secretversion",
    "tokencount",
    "tokentype",
    "totaltokens",
];

/// Headers whose value is hidden, whatever it looks like.
const HEADERS: &[&str] = &[
    "apikey",
    "authorization",
    "cookie",
    "proxy-authenticate",
    "proxy-authorization",
    "sec-websocket-protocol",
    "set-cookie",
    "stripe-signature",
    "svix-signature",
    "webhook-signature",
    "www-authenticate",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-forwarded-client-cert",
    "x-goog-api-key",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-ms-client-principal",
    "x-supabase-auth",
    "x-twilio-signature",
    "x-vapi-secret",
    "x-vapi-signature",
    "x-xsrf-token",
    "xi-api-key",
];

/// Headers whose value may be shown once it has been searched; URLs among them.
const SHOWN_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-location",
    "content-type",
    "date",
    "destination",
    "etag",
    "host",
    "if-none-match",
    "last-modified",
    "link",
    "location",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "traceparent",
    "user-agent",
    "vary",
    "via",
    "x-forwarded-uri",
    "x-original-url",
    "x-request-id",
    "x-rewrite-url",
];

/// Headers that take the rest of their line: their value is no single word.
const WHOLE_LINE: &[&str] = &[
    "authorization",
    "cookie",
    "proxyauthenticate",
    "proxyauthorization",
    "setcookie",
    "wwwauthenticate",
    "xforwardedclientcert",
];

/// The names of sensitive values, compared without regard to case and punctuation.
#[derive(Clone, Debug)]
pub(crate) struct KeyRules {
    exact: Vec<Name>,
    suffixes: Vec<Name>,
    allowed: Vec<Name>,
    shown_headers: Vec<String>,
    endings: Endings,
}

/// A name in small letters and digits alone.
type Name = Box<[u8]>;

impl KeyRules {
    /// The rules of the crate. The names of headers hold wherever a name stands.
    pub(crate) fn standard() -> Self {
        let names = |texts: &[&str]| texts.iter().map(|text| normalise(text)).collect::<Vec<_>>();
        Self {
            exact: names(&[EXACT, HEADERS].concat()),
            suffixes: names(SUFFIXES),
            allowed: names(ALLOWED),
            shown_headers: SHOWN_HEADERS.iter().map(|name| (*name).to_owned()).collect(),
            endings: Endings::default(),
        }
    }

    pub(crate) fn add(&mut self, key: &str) {
        self.exact.push(normalise(key));
    }

    pub(crate) fn add_suffix(&mut self, suffix: &str) {
        self.suffixes.push(normalise(suffix));
    }

    pub(crate) fn allow(&mut self, key: &str) {
        self.allowed.push(normalise(key));
    }

    pub(crate) fn show_header(&mut self, name: &str) {
        self.shown_headers.push(name.to_ascii_lowercase());
    }

    /// Makes the rules ready to be asked.
    pub(crate) fn finished(mut self) -> Self {
        for names in [&mut self.exact, &mut self.suffixes, &mut self.allowed] {
            names.sort_unstable();
            names.dedup();
        }
        self.shown_headers.sort_unstable();
        let mut endings = Endings::default();
        self.exact.iter().chain(&self.suffixes).for_each(|name| endings.add(name));
        self.endings = endings;
        self
    }

    /// Whether a name, written in small letters and digits alone, is that of a sensitive value.
    pub(crate) fn hides(&self, name: &[u8]) -> bool {
        let listed = |names: &[Name]| names.binary_search_by(|known| (**known).cmp(name)).is_ok();
        // What is exact cannot be allowed: an ending is a guess, a name is not.
        self.endings.may_end(name)
            && (listed(&self.exact)
                || self.suffixes.iter().any(|suffix| name.ends_with(suffix))
                    && !listed(&self.allowed))
    }

    /// Whether a name is one that an ending would take for sensitive and that is not.
    pub(crate) fn allows(&self, name: &[u8]) -> bool {
        self.allowed.binary_search_by(|known| (**known).cmp(name)).is_ok() && !self.hides(name)
    }

    /// Whether the value of such a name goes on to the end of its line.
    pub(crate) fn takes_line(name: &[u8]) -> bool {
        WHOLE_LINE.iter().any(|known| known.as_bytes() == name)
    }

    /// Whether the value of a header may be shown once it has been searched.
    pub(crate) fn shows_header(&self, name: &str) -> bool {
        self.shown_headers.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
            && !self.hides(&normalise(name))
    }
}

/// Small letters and digits alone.
pub(crate) fn normalise(text: &str) -> Name {
    text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// Which two characters names end with: most texts before a colon are sorted out by them.
#[derive(Clone, Debug, Default)]
struct Endings(Vec<u64>);

impl Endings {
    fn add(&mut self, name: &[u8]) {
        let (word, bit) = Self::place(name);
        if self.0.len() <= word {
            self.0.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    fn may_end(&self, name: &[u8]) -> bool {
        let (word, bit) = Self::place(name);
        self.0.get(word).is_some_and(|word| word >> bit & 1 == 1)
    }

    fn place(name: &[u8]) -> (usize, u32) {
        let value = |byte: &u8| char::from(*byte).to_digit(36).unwrap_or_default();
        let place = match name {
            [.., before, last] => value(before).saturating_mul(36).saturating_add(value(last)),
            [last] => value(last),
            [] => 0,
        };
        (usize::try_from(place / 64).unwrap_or_default(), place % 64)
    }
}
