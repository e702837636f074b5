//! Wrong ways to compare an origin.

use super::{CRM, LISTED, Lines, Model, RIGHT, are_caught};

const fn wrong(origin: fn(&Lines) -> bool) -> Model {
    Model { origin, ..RIGHT }
}

/// Compares one line with each listed origin.
fn one(lines: &Lines, is: impl Fn(&str, &str) -> bool) -> bool {
    let [line] = &lines[..] else { return false };
    let line = String::from_utf8_lossy(line);
    LISTED.iter().any(|listed| is(&line, listed))
}

/// Changes the line, and compares then.
fn after(lines: &Lines, change: impl Fn(&str) -> String) -> bool {
    one(lines, |line, listed| change(line) == listed)
}

fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// A regular expression in which every dot stands for any byte.
fn dots_match(text: &str, pattern: &str) -> bool {
    let same = |(byte, own): (u8, u8)| own == b'.' || byte == own;
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(same)
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        // A sign that encodes nothing stands for itself.
        decoded.push(byte.map_or('%', char::from));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    decoded + rest
}

fn any(lines: &Lines, parted_by: char) -> bool {
    let [line] = &lines[..] else { return false };
    let line = String::from_utf8_lossy(line).into_owned();
    line.split(parted_by).any(|part| LISTED.contains(&part.trim()))
}

#[rustfmt::skip]
const MISTAKES: [(&str, Model); 32] = [
    ("reflects every origin",                   wrong(|lines| !lines.is_empty())),
    ("a listed origin is a prefix",             wrong(|lines| one(lines, |line, listed| line.starts_with(listed)))),
    ("a listed host is a suffix",               wrong(|lines| one(lines, |line, listed| line.ends_with(host(listed))))),
    ("a listed origin is somewhere",            wrong(|lines| one(lines, |line, listed| line.contains(listed)))),
    ("a listed host is somewhere",              wrong(|lines| one(lines, |line, listed| line.contains(host(listed))))),
    ("a regular expression, dots unescaped",    wrong(|lines| one(lines, dots_match))),
    ("the same without anchors",                wrong(|lines| one(lines, |line, listed| {
        line.as_bytes().windows(listed.len()).any(|part| dots_match(&String::from_utf8_lossy(part), listed))
    }))),
    ("folds the case",                          wrong(|lines| one(lines, str::eq_ignore_ascii_case))),
    ("folds the case of the scheme",            wrong(|lines| after(lines, |line| line.replacen("HTTPS", "https", 1)))),
    ("trims slashes",                           wrong(|lines| after(lines, |line| line.trim_end_matches('/').to_owned()))),
    ("trims the root's dot",                    wrong(|lines| after(lines, |line| line.trim_end_matches('.').to_owned()))),
    ("trims the default port",                  wrong(|lines| after(lines, |line| line.trim_end_matches(":443").to_owned()))),
    ("ignores the port",                        wrong(|lines| after(lines, |line| {
        line.rsplit_once(':').filter(|(head, _)| head.contains("://")).map_or(line, |(head, _)| head).to_owned()
    }))),
    ("compares hosts by a parser of URLs",      wrong(|lines| one(lines, |line, listed| {
        url::Url::parse(line).is_ok_and(|url| url.host_str() == Some(host(listed)))
    }))),
    ("compares origins by a parser of URLs",    wrong(|lines| after(lines, |line| {
        url::Url::parse(line).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }))),
    ("allows subdomains of what is listed",     wrong(|lines| one(lines, |line, listed| {
        line == listed || line.strip_prefix("https://").is_some_and(|line| line.ends_with(&format!(".{}", host(listed))))
    }))),
    ("allows what has the same last two labels", wrong(|lines| one(lines, |line, listed| {
        let two = |text: &str| host(text).rsplit('.').take(2).map(str::to_owned).collect::<Vec<_>>();
        line.starts_with("https://") && two(line) == two(listed)
    }))),
    ("allows null",                             wrong(|lines| (RIGHT.origin)(lines) || one(lines, |line, _| line == "null"))),
    ("allows http",                             wrong(|lines| after(lines, |line| line.replacen("http://", "https://", 1)))),
    ("allows any scheme",                       wrong(|lines| one(lines, |line, listed| line.contains("://") && host(line) == host(listed)))),
    ("looks at the first line alone",           wrong(|lines| (RIGHT.origin)(&lines.iter().take(1).cloned().collect()))),
    ("looks at the last line alone",            wrong(|lines| (RIGHT.origin)(&lines.last().into_iter().cloned().collect()))),
    ("one of several lines is enough",          wrong(|lines| lines.iter().any(|line| (RIGHT.origin)(&vec![line.clone()])))),
    ("takes a list with commas",                wrong(|lines| any(lines, ','))),
    ("takes a list with blanks",                wrong(|lines| any(lines, ' '))),
    ("trims blanks",                            wrong(|lines| after(lines, |line| line.trim().to_owned()))),
    ("drops brackets",                          wrong(|lines| after(lines, |line| line.replace(['[', ']'], "")))),
    ("decodes percents",                        wrong(|lines| after(lines, percent_decoded))),
    ("maps the names of hosts as IDNA does",    wrong(|lines| after(lines, |line| {
        let mapped = line.strip_prefix("https://").map(|host| url::Host::parse(host).map(|host| host.to_string()));
        mapped.and_then(Result::ok).map_or_else(String::new, |host| format!("https://{host}"))
    }))),
    ("takes backslashes for slashes",           wrong(|lines| after(lines, |line| line.replace('\\', "/")))),
    ("allows localhost",                        wrong(|lines| (RIGHT.origin)(lines) || one(lines, |line, _| host(line).starts_with("localhost")))),
    ("allows an empty one",                     wrong(|lines| (RIGHT.origin)(lines) || one(lines, |line, _| line.is_empty()))),
];

#[test]
fn in_comparing_origins_are_told_by_a_case() {
    are_caught(&MISTAKES);
}

/// The part before an `@` is no host, and what begins with a listed origin there is none.
#[test]
fn in_parsing_user_information_are_told_by_a_case() {
    let without_user = |lines: &Lines| {
        after(lines, |line| match line.split_once('@') {
            Some((_, host)) => format!("https://{host}"),
            None => line.to_owned(),
        })
    };
    let only_user = |lines: &Lines| after(lines, |line| line.split('@').next().unwrap().to_owned());
    are_caught(&[
        ("drops user information", wrong(without_user)),
        ("takes user information for the host", wrong(only_user)),
        (
            "drops the port of user information",
            wrong(|lines| {
                after(lines, |line| line.split([':', '@']).take(2).collect::<Vec<_>>().join(":"))
            }),
        ),
    ]);
    assert!(percent_decoded("https://%64rain-fortin-crm.com%") == format!("{CRM}%"));
}
