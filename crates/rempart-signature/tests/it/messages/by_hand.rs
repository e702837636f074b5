use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Request};
use rempart_signature::{DigestAlgorithm, Policy};
use rempart_testing::Script;
use sha2::Sha256;

use crate::support::{BODY, Outcomes, SECRET, send};

/// A message, written and signed by hand.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) headers: HeaderMap,
    secret: &'static str,
    pub(crate) inputs: Vec<String>,
    pub(crate) signatures: Vec<String>,
}

impl Sent {
    pub(crate) fn new() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("api.example.test"));
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("content-digest", DigestAlgorithm::Sha256.field(BODY));
        Self { headers, secret: SECRET, inputs: vec![], signatures: vec![] }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn by(mut self, secret: &'static str) -> Self {
        self.secret = secret;
        self
    }

    pub(crate) fn value(&self, identifier: &str) -> String {
        match identifier {
            "@method" => "POST".into(),
            "@target-uri" => "https://api.example.test/hooks?a=1".into(),
            "@authority" => "api.example.test".into(),
            "@scheme" => "https".into(),
            "@path" => "/hooks".into(),
            "@query" => "?a=1".into(),
            "@request-target" => "/hooks?a=1".into(),
            field => self.headers[field].to_str().unwrap().trim().into(),
        }
    }

    /// Signs these components, bare names of them.
    pub(crate) fn signed(self, label: &str, components: &[&str], parameters: &str) -> Self {
        let lines: Vec<_> =
            components.iter().map(|name| (format!("\"{name}\""), self.value(name))).collect();
        self.signed_lines(label, &lines, parameters)
    }

    pub(crate) fn signed_lines(
        mut self,
        label: &str,
        lines: &[(String, String)],
        parameters: &str,
    ) -> Self {
        let names: Vec<_> = lines.iter().map(|(name, _)| name.as_str()).collect();
        let list = match parameters {
            "" => format!("({})", names.join(" ")),
            some => format!("({});{some}", names.join(" ")),
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        for (name, value) in lines {
            mac.update(format!("{name}: {value}\n").as_bytes());
        }
        mac.update(format!("\"@signature-params\": {list}").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        self.inputs.push(format!("{label}={list}"));
        self.signatures.push(format!("{label}=:{signature}:"));
        self
    }

    pub(crate) fn request<B>(&self, body: B) -> Request<B> {
        let mut request = Request::post("/hooks?a=1").body(body).unwrap();
        *request.headers_mut() = self.headers.clone();
        let fields = [("signature-input", &self.inputs), ("signature", &self.signatures)];
        for (name, values) in fields.into_iter().filter(|(_, values)| !values.is_empty()) {
            let value = HeaderValue::from_str(&values.join(", ")).unwrap();
            request.headers_mut().append(name, value);
        }
        request
    }

    pub(crate) async fn send(&self, policy: &Policy) -> Outcomes {
        send(policy.clone(), self.request(Script::new().data(BODY))).await
    }
}
