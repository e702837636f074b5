//! The mistakes that CORS layers have made: each is written out here, and each is told from the
//! right thing by a case of the tables.

mod origins;
mod preflights;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use rempart_cors::corpus::{Case, Verdict};

use crate::cases::cases;
use crate::talk::{CRM, SUPABASE, WWW, drain_fortin};

const LISTED: [&str; 3] = [CRM, WWW, SUPABASE];

/// The lines of a header.
type Lines = Vec<Vec<u8>>;

/// A CORS policy in four functions, for the policy of the cases.
#[derive(Clone, Copy)]
struct Model {
    /// Whether these lines of `Origin` are those of an allowed origin.
    origin: fn(&Lines) -> bool,
    /// Whether a request is a preflight.
    is_preflight: fn(&Method, &HeaderMap) -> bool,
    /// Whether the requested method is allowed.
    method: fn(&Lines) -> bool,
    /// Whether all of the requested headers are; the method is told besides.
    names: fn(&Lines, &Lines) -> bool,
}

/// As it should be.
const RIGHT: Model = Model {
    origin: |lines| matches!(&lines[..], [line] if LISTED.iter().any(|one| one.as_bytes() == line)),
    is_preflight: |method, headers| {
        let is_there = |name| headers.contains_key(name);
        let asks = is_there(header::ORIGIN) && is_there(header::ACCESS_CONTROL_REQUEST_METHOD);
        *method == Method::OPTIONS && asks
    },
    method: |lines| matches!(&lines[..], [line] if is_method(line)),
    names: |lines, _| {
        let (mut names, empty) = split(lines);
        let (count, bytes) = (names.len(), lines.iter().map(Vec::len).sum::<usize>());
        let known = names.iter().all(|name| is_name(name));
        names.sort_unstable();
        names.dedup();
        let once = names.len() == count;
        known && once && empty <= 16 && lines.len() <= 16 && bytes <= 4096
    },
};

impl Model {
    fn decide(&self, case: &Case) -> Verdict {
        let headers = case.headers();
        if (self.is_preflight)(case.method(), headers) {
            let method = lines(headers, &header::ACCESS_CONTROL_REQUEST_METHOD);
            let names = lines(headers, &header::ACCESS_CONTROL_REQUEST_HEADERS);
            let origin = lines(headers, &header::ORIGIN);
            let allowed =
                (self.origin)(&origin) && (self.method)(&method) && (self.names)(&names, &method);
            return if allowed { Verdict::Allow } else { Verdict::Deny };
        }
        match lines(headers, &header::ORIGIN) {
            origin if origin.is_empty() => Verdict::NoCors,
            origin if (self.origin)(&origin) => Verdict::Allow,
            _ => Verdict::Deny,
        }
    }

    /// What is seen from outside: the verdict, and whether the service was asked.
    fn answer(&self, case: &Case) -> (Verdict, bool) {
        (self.decide(case), !(self.is_preflight)(case.method(), case.headers()))
    }

    /// The cases that it answers otherwise than it should.
    fn wrong(&self) -> Vec<String> {
        let cases = cases().into_iter();
        let wrong = cases.filter(|case| self.answer(case) != RIGHT.answer(case));
        wrong.map(|case| case.id().to_owned()).collect()
    }
}

fn lines(headers: &HeaderMap, name: &HeaderName) -> Lines {
    headers.get_all(name).iter().map(HeaderValue::as_bytes).map(<[u8]>::to_vec).collect()
}

fn is_method(method: &[u8]) -> bool {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].iter().any(|one| one.as_bytes() == method)
}

const NAMES: [&str; 4] = ["apikey", "authorization", "content-type", "x-client-info"];

fn is_name(name: &[u8]) -> bool {
    NAMES.iter().any(|one| one.as_bytes() == name)
}

/// The names of a list in lower case, and how many elements are empty.
fn split(lines: &Lines) -> (Vec<Vec<u8>>, usize) {
    let elements = lines.iter().flat_map(|line| line.split(|byte| *byte == b','));
    let names = elements.map(|name| name.trim_ascii().to_ascii_lowercase());
    let (empty, names): (Vec<_>, Vec<_>) = names.partition(Vec::is_empty);
    (names, empty.len())
}

#[test]
fn the_right_model_decides_as_the_tables_say_and_as_the_policy_does() {
    let policy = drain_fortin();
    for case in cases() {
        let decision = RIGHT.decide(&case);
        assert_eq!(Some(decision), case.want(), "{}", case.id());
        assert_eq!(decision, case.decide(&policy), "{}", case.id());
    }
}

/// Each mistake, by its name, is told from the right thing by at least one case.
fn are_caught(mistakes: &[(&str, Model)]) {
    let escaped = mistakes.iter().filter(|(_, model)| model.wrong().is_empty());
    let escaped: Vec<&str> = escaped.map(|(name, _)| *name).collect();
    assert!(escaped.is_empty(), "no case tells: {escaped:#?}");
    let mut names: Vec<&str> = mistakes.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), mistakes.len(), "one name a mistake");
}
