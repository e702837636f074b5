//! Origins that are checked when they are compiled; what is none is in `tests/ui`.

use rempart_cors::{Origin, Policy, origin};

const APP: Origin = origin!("https://app.example.com:8443");

#[test]
fn a_literal_is_the_origin_that_its_text_is() {
    const TEXTS: [(&str, Origin); 6] = [
        ("https://app.example.com:8443", APP),
        ("http://localhost:5173", origin!("http://localhost:5173")),
        ("https://xn--mnchen-3ya.example", origin!("https://xn--mnchen-3ya.example")),
        ("https://10.0.0.1", origin!("https://10.0.0.1")),
        ("https://[2001:db8::1]", origin!("https://[2001:db8::1]")),
        ("http://[::1]:65535", origin!(concat!("http://[::1]:", "65535"))),
    ];
    for (text, literal) in TEXTS {
        assert_eq!(literal, text.parse().unwrap());
        assert_eq!(literal.as_str(), text);
    }
    let policy = Policy::credentialed("api").origins([APP, origin!("http://localhost:5173")]);
    assert_eq!(policy.build().unwrap().origins().count(), 2);
}
