use http::{HeaderName, header};
use rempart_headers::Policy;

use crate::support::{headers, https, lines, sent};

#[tokio::test]
async fn takes_out_what_tells_about_the_server() {
    let policy = Policy::api("api")
        .remove(header::SERVER)
        .remove(HeaderName::from_static("x-powered-by"))
        .build()
        .unwrap();
    for others in [0, 40] {
        let mut own = headers(&[
            ("server", "a/1"),
            ("server", "b/2"),
            ("content-type", "text/plain"),
            ("x-powered-by", "c/3"),
        ]);
        for nth in 0..others {
            own.extend(headers(&[(&format!("x-other-{nth}"), "1")]));
        }
        let map = sent(&policy, https(), own).await;
        assert!(!map.contains_key("server") && !map.contains_key("x-powered-by"));
        assert_eq!(lines(&map, "content-type"), ["text/plain"]);
        assert_eq!(map.len(), 7 + 1 + others);
    }
}
