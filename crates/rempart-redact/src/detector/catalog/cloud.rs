//! Clouds, forges, registries, databases as a service: the keys of what runs the software.

use super::{assigned, end};
use crate::detector::{Anchor, Class, Detector, Mask, Severity};

pub(super) const DETECTORS: &[Detector] = &[
    Detector::new("supabase_secret_key", r"sb_secret_[A-Za-z0-9_-]{16,}", &["sb_secret_"]),
    Detector::new(
        "supabase_publishable_key",
        r"sb_publishable_[A-Za-z0-9_-]{16,}",
        &["sb_publishable_"],
    )
    .class(Class::Public)
    .severity(Severity::Low)
    .mask(Mask::Prefix)
    .partial(Mask::Prefix),
    Detector::new("supabase_pat", concat!(r"sbp_(?:v0_|oauth_)?[0-9a-f]{40}", end!()), &["sbp_"]),
    // The legacy `anon` and `service_role` keys: a JWT whose claims begin with the issuer.
    Detector::new(
        "supabase_jwt",
        concat!(
            r"eyJ[A-Za-z0-9_-]{8,}\.eyJpc3MiOiJzdXBhYmFzZSI",
            r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
        ),
        &["eyJ"],
    )
    .anchor(Anchor::Token),
    Detector::new(
        "github_token",
        r"gh[pousr]_[A-Za-z0-9_.\-]{36,}",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    ),
    Detector::new("github_fine_grained_pat", r"github_pat_[A-Za-z0-9_]{22,}", &["github_pat_"]),
    Detector::new(
        "gitlab_token",
        concat!(
            r"gl(?:pat|ptt|dt|rt|rtr|cbt|agent|ft|imt|soat|oas|ffct|wt)-",
            r"[A-Za-z0-9_.\-]{20,}"
        ),
        &[
            "glpat-", "glptt-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glagent-", "glft-",
            "glimt-", "glsoat-", "gloas-", "glffct-", "glwt-",
        ],
    ),
    Detector::new("npm_token", concat!(r"npm_[A-Za-z0-9]{36}", end!()), &["npm_"]),
    Detector::new("pypi_token", r"pypi-AgE[A-Za-z0-9_-]{50,}", &["pypi-AgE"]),
    Detector::new(
        "aws_access_key_id",
        concat!(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", end!()),
        &["AKIA", "ASIA", "ABIA", "ACCA"],
    )
    .severity(Severity::High),
    Detector::new(
        "aws_secret_access_key",
        concat!(
            r"(?i)(?:secret_?access_?key|aws_secret(?:_key)?)",
            assigned!(),
            r"([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"
        ),
        &["secret_access_key", "secretaccesskey", "aws_secret"],
    )
    .anchor(Anchor::Keyword),
    Detector::new(
        "aws_presigned_param",
        r#"(?i)x-amz-(?:signature|credential|security-token)(?:=|%3D)([^&\s"'\\]{8,})"#,
        &["x-amz-s", "x-amz-c"],
    )
    .anchor(Anchor::Keyword)
    .severity(Severity::High),
    Detector::new("gcp_api_key", r"AIza[0-9A-Za-z_-]{35,}", &["AIza"]),
    Detector::new(
        "google_oauth_token",
        r"(?:ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{28,})",
        &["ya29.", "GOCSPX-"],
    ),
    Detector::new(
        "azure_storage_key",
        r"(?i)accountkey(?:=|%3D)((?:[A-Za-z0-9+/]|%2[BF]){86}(?:==|%3D%3D))",
        &["accountkey=", "accountkey%3D"],
    )
    .anchor(Anchor::Keyword),
    Detector::new(
        "azure_sas_signature",
        r"(?i)sig(?:=|%3D)([A-Za-z0-9%+/_-]{20,}={0,2})",
        &["sig=", "sig%3D"],
    )
    .anchor(Anchor::Parameter),
    Detector::new(
        "azure_ad_client_secret",
        r"[A-Za-z0-9_~.\-]{3}[78]Q~[A-Za-z0-9_~.\-]{31,}",
        &["7Q~", "8Q~"],
    )
    .anchor(Anchor::Before(3)),
    Detector::new(
        "age_secret_key",
        concat!(r"(?i)age-secret-key-1[0-9a-z]{58}", end!()),
        &["age-secret-key-1"],
    ),
];
