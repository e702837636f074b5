//! What pages try to fetch.

use serde_json::{Value, json};

/// One call of `fetch()`.
pub(super) struct Fetch {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    path: &'static str,
    /// `TOKEN` stands for a token of a user who is signed in.
    headers: &'static [(&'static str, &'static str)],
    body: Option<&'static str>,
    /// What the page of an allowed origin reads; `None` for what no page may send.
    pub(super) status: Option<u16>,
}

impl Fetch {
    const fn new(
        name: &'static str,
        method: &'static str,
        path: &'static str,
        headers: &'static [(&'static str, &'static str)],
        status: Option<u16>,
    ) -> Self {
        Self { name, method, path, headers, body: None, status }
    }

    const fn body(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    /// The arguments of the call.
    pub(super) fn call(&self, host: &str, credentials: &str, token: &str) -> Value {
        let value =
            |value: &str| if value == "TOKEN" { token.to_owned() } else { value.to_owned() };
        let headers: Vec<_> =
            self.headers.iter().map(|(name, text)| json!([name, value(text)])).collect();
        let mut options =
            json!({ "method": self.method, "headers": headers, "credentials": credentials });
        if let Some(body) = self.body {
            options["body"] = json!(body);
        }
        json!([format!("https://{host}{}", self.path), options])
    }

    /// The headers that a browser asks leave for, as it names them.
    pub(super) fn unsafe_names(&self) -> Vec<String> {
        let forms = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
        let is_safe = |(name, value): &(&str, &str)| match *name {
            "accept" | "accept-language" => true,
            "content-type" => forms.contains(value),
            _ => false,
        };
        let names = self.headers.iter().filter(|header| !is_safe(header));
        let mut names: Vec<_> = names.map(|(name, _)| name.to_lowercase()).collect();
        names.sort_unstable();
        names
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");
const TEXT: (&str, &str) = ("content-type", "text/plain");
const TOKEN: (&str, &str) = ("authorization", "TOKEN");
const FORGED: (&str, &str) = ("authorization", "Bearer made-up-and-wrong");

#[rustfmt::skip]
pub(super) const MATRIX: [Fetch; 24] = [
    Fetch::new("a GET",                          "GET",     "/healthz",      &[],                              Some(200)),
    Fetch::new("a HEAD",                         "HEAD",    "/healthz",      &[],                              Some(200)),
    Fetch::new("a GET with safelisted headers",  "GET",     "/healthz",      &[("accept", "application/json"), ("accept-language", "fr-CA")], Some(200)),
    Fetch::new("a GET without a token",          "GET",     "/api/calls",    &[],                              Some(401)),
    Fetch::new("a GET with a forged token",      "GET",     "/api/calls",    &[FORGED],                        Some(401)),
    Fetch::new("a GET with a token",             "GET",     "/api/calls",    &[TOKEN],                         Some(200)),
    Fetch::new("what the Supabase client sends", "GET",     "/api/messages", &[TOKEN, JSON, ("apikey", "made-up"), ("x-client-info", "made-up/1")], Some(200)),
    Fetch::new("names in capitals",              "GET",     "/healthz",      &[("APIKEY", "made-up"), ("X-Client-Info", "made-up/1")], Some(200)),
    Fetch::new("a record that is not there",     "GET",     "/api/calls/no", &[TOKEN],                         Some(404)),
    Fetch::new("a path that is not there",       "GET",     "/nowhere",      &[],                              Some(404)),
    Fetch::new("a POST that a form could send",  "POST",    "/auth/login",   &[TEXT],                          Some(415)).body("{}"),
    Fetch::new("a POST of JSON",                 "POST",    "/auth/login",   &[JSON],                          Some(400)).body("[]"),
    Fetch::new("a webhook without a signature",  "POST",    "/webhooks/vapi", &[JSON],                         Some(401)).body("{}"),
    Fetch::new("a PUT",                          "PUT",     "/healthz",      &[],                              Some(405)),
    Fetch::new("a PUT of JSON",                  "PUT",     "/healthz",      &[JSON],                          Some(405)).body("{}"),
    Fetch::new("a PATCH",                        "PATCH",   "/healthz",      &[JSON],                          Some(405)).body("{}"),
    Fetch::new("a DELETE with a token",          "DELETE",  "/api/calls/no", &[TOKEN],                         Some(405)),
    Fetch::new("an OPTIONS",                     "OPTIONS", "/healthz",      &[],                              None),
    Fetch::new("a method of no list",            "PURGE",   "/healthz",      &[],                              None),
    Fetch::new("a patch, which is no PATCH",     "patch",   "/healthz",      &[],                              None),
    Fetch::new("a header of no list",            "GET",     "/healthz",      &[("x-evil", "1")],               None),
    Fetch::new("one beside those of a list",     "GET",     "/healthz",      &[TOKEN, JSON, ("x-evil", "1")],  None),
    Fetch::new("one with a list's as its prefix", "PUT",    "/healthz",      &[("apikeys", "1")],              None),
    Fetch::new("a method and a header",          "PURGE",   "/healthz",      &[("x-evil", "1")],               None),
];

/// What is fetched when the limit of its class is used up.
#[rustfmt::skip]
pub(super) const TOO_OFTEN: [Fetch; 3] = [
    Fetch::new("one POST too many",              "POST",    "/auth/login",   &[TEXT],                          Some(429)).body("{}"),
    Fetch::new("one POST of JSON too many",      "POST",    "/auth/login",   &[JSON],                          Some(429)).body("{}"),
    Fetch::new("one with a token too many",      "POST",    "/auth/logout",  &[TOKEN],                         Some(429)),
];
