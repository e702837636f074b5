//! Where SNS is: what its URLs and the names of its topics look like.

use crate::certified::CertificateUrl;

/// `sns.REGION.amazonaws.com`, and the same of China.
pub(super) fn is_host(host: &str) -> bool {
    let Some(rest) = host.strip_prefix("sns.") else { return false };
    let region = rest.strip_suffix(".cn").unwrap_or(rest).strip_suffix(".amazonaws.com");
    region.is_some_and(is_region)
}

fn is_region(region: &str) -> bool {
    region.len() >= 3 && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The URL of a certificate.
pub(super) fn certificate(text: &str) -> Option<CertificateUrl> {
    CertificateUrl::read(text, is_host, |path| {
        path.rsplit_once('.').is_some_and(|(_, end)| end == "pem")
    })
}

/// Whether visiting this URL confirms the subscription that was signed, and does nothing else.
pub(super) fn confirms(url: &str, topic: &str, token: &str) -> bool {
    let Some((host, query)) = url.strip_prefix("https://").and_then(|rest| rest.split_once("/?"))
    else {
        return false;
    };
    let token_fits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let wanted = format!("Action=ConfirmSubscription&TopicArn={topic}&Token={token}");
    is_host(host) && token_fits && query.replace("%3A", ":") == wanted
}

/// `arn:aws:sns:us-east-2:123456789012:orders`
pub(super) fn is_topic(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let [arn, partition, service, region, account, name] = *parts else { return false };
    let word = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    arn == "arn"
        && partition.starts_with("aws")
        && word(partition)
        && service == "sns"
        && is_region(region)
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && name.len() <= 256
        && word(name.strip_suffix(".fifo").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_come_from_sns_alone() {
        let good = [
            "https://sns.us-east-2.amazonaws.com/SimpleNotificationService-0123abcd.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0123abcd.pem",
            "https://sns.us-gov-west-1.amazonaws.com/a.pem",
        ];
        for url in good {
            assert_eq!(certificate(url).map(|url| url.to_string()).as_deref(), Some(url));
        }
        let bad = [
            "",
            "http://sns.us-east-2.amazonaws.com/a.pem",
            "HTTPS://sns.us-east-2.amazonaws.com/a.pem",
            "https:/sns.us-east-2.amazonaws.com/a.pem",
            "https:sns.us-east-2.amazonaws.com/a.pem",
            "https://sns.us-east-2.amazonaws.com",
            "https://sns.us-east-2.amazonaws.com/a.crt",
            "https://sns.us-east-2.amazonaws.com/a.pem?x",
            "https://sns.us-east-2.amazonaws.com/a?.pem",
            "https://sns.us-east-2.amazonaws.com/a#.pem",
            "https://sns.us-east-2.amazonaws.com/a%2e.pem",
            "https://sns.us-east-2.amazonaws.com/../a.pem",
            "https://sns.us-east-2.amazonaws.com//a.pem",
            "https://sns.us-east-2.amazonaws.com\\@evil.example/a.pem",
            "https://sns.us-east-2.amazonaws.com:443/a.pem",
            "https://sns.us-east-2.amazonaws.com@evil.example/a.pem",
            "https://user@sns.us-east-2.amazonaws.com/a.pem",
            "https://evil.example/sns.us-east-2.amazonaws.com/a.pem",
            "https://sns.us-east-2.amazonaws.com.evil.example/a.pem",
            "https://evil.example#.sns.us-east-2.amazonaws.com/a.pem",
            "https://sns.us-east-2.amazonaws.com.cn.evil/a.pem",
            "https://sns.us.east.amazonaws.com/a.pem",
            "https://sns.x.amazonaws.com/a.pem",
            "https://sns..amazonaws.com/a.pem",
            "https://sns.amazonaws.com/a.pem",
            "https://sns.us-east-2.amazonaws.com./a.pem",
            "https://bucket.s3.us-east-2.amazonaws.com/a.pem",
            "https://xsns.us-east-2.amazonaws.com/a.pem",
            "https://sns.us-east-2.amazonaws.com/a.pem ",
            " https://sns.us-east-2.amazonaws.com/a.pem",
            "https://sns.us-east-2.amazonaws.com/a\n.pem",
            "https://sns.us-east-2.amazonaws.com/é.pem",
        ];
        for url in bad {
            assert_eq!(certificate(url), None, "{url:?}");
        }
        let longest = |filler: usize| {
            format!("https://sns.us-east-2.amazonaws.com/{}.pem", "a".repeat(filler))
        };
        let rest = CertificateUrl::MAX_LEN - longest(0).len();
        assert!(certificate(&longest(rest)).is_some());
        assert!(certificate(&longest(rest + 1)).is_none());
    }

    #[test]
    fn a_confirmation_confirms_what_was_signed_and_nothing_else() {
        const TOPIC: &str = "arn:aws:sns:us-east-2:123456789012:orders";
        let url = |host: &str, query: &str| format!("https://{host}/?{query}");
        let host = "sns.us-east-2.amazonaws.com";
        let query = format!("Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc123");
        assert!(confirms(&url(host, &query), TOPIC, "abc123"));
        assert!(confirms(&url(host, &query.replace(':', "%3A")), TOPIC, "abc123"));
        let bad = [
            url("evil.example", &query),
            url("sns.us-east-2.amazonaws.com@evil.example", &query),
            url(host, &query.replace("ConfirmSubscription", "DeleteTopic")),
            url(host, &query.replace("orders", "other")),
            url(host, &format!("{query}&Action=DeleteTopic")),
            url(host, &format!("{query}#")),
            url(host, &query.replace("abc123", "abc124")),
            url(host, &query).replace("https", "http"),
        ];
        for url in bad {
            assert!(!confirms(&url, TOPIC, "abc123"), "{url}");
        }
        let empty = query.replace("abc123", "");
        assert!(!confirms(&url(host, &empty), TOPIC, ""));
    }

    #[test]
    fn a_topic_has_six_parts() {
        let good = [
            "arn:aws:sns:us-east-2:123456789012:orders",
            "arn:aws-cn:sns:cn-north-1:123456789012:My_Topic-1",
            "arn:aws:sns:eu-west-1:123456789012:orders.fifo",
        ];
        for arn in good {
            assert!(is_topic(arn), "{arn}");
        }
        let bad = [
            "",
            "orders",
            "arn:aws:sns:us-east-2:123456789012",
            "arn:aws:sns:us-east-2:123456789012:",
            "arn:aws:sns:us-east-2:123456789012:*",
            "arn:aws:sns:us-east-2:*:orders",
            "arn:aws:sqs:us-east-2:123456789012:orders",
            "arn:aws:sns:us-east-2:123456789012:orders:3f0e",
            "arn:aws:sns:us-east-2:12345678901:orders",
            "arn:aws:sns:us-east-2:123456789012:orders ",
        ];
        for arn in bad {
            assert!(!is_topic(arn), "{arn}");
        }
    }
}
