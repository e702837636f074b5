use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::HeaderName;

use super::TenantId;
use crate::{BodyToken, Head, Rejection};

/// Says where a request names its tenant.
///
/// The name is whatever the client says. It chooses the keys that the signature has to match, and
/// counts for nothing before one of them has.
#[derive(Clone)]
pub struct TenantSource(Place);

#[derive(Clone)]
enum Place {
    Head(Arc<Find>),
    Header(HeaderName),
    PathSegment(usize),
    Query(Cow<'static, str>),
}

type Find = dyn Fn(&Head<'_>) -> Option<TenantId> + Send + Sync;

impl TenantSource {
    /// In this header, sent once.
    #[must_use]
    pub const fn header(name: HeaderName) -> Self {
        Self(Place::Header(name))
    }

    /// In the path's segment of this number, counted from 0: `/hooks/acme` has `acme` as its
    /// segment 1. Nothing is decoded: a segment with a `%` names nobody.
    #[must_use]
    pub const fn path_segment(nth: usize) -> Self {
        Self(Place::PathSegment(nth))
    }

    /// In this parameter of the query, there once. Nothing is decoded: a value with a `%` or a `+`
    /// names nobody.
    #[must_use]
    pub fn query(name: impl Into<Cow<'static, str>>) -> Self {
        Self(Place::Query(name.into()))
    }

    /// Wherever this function finds it in a request's head.
    pub fn head(find: impl Fn(&Head<'_>) -> Option<TenantId> + Send + Sync + 'static) -> Self {
        Self(Place::Head(Arc::new(find)))
    }

    /// In the `kid` of a token: a sender's keys are looked up by the names that it gives them.
    ///
    /// ```
    /// use rempart_core::TokioTimer;
    /// use rempart_keys::{KeyId, KeyRing, Secret};
    /// use rempart_signature::{BodyToken, Policy, TenantId, TenantSource, Tenants};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # async fn key_of(_: &TenantId) -> Option<Secret> { None }
    /// let token = BodyToken::new("acme", http::header::AUTHORIZATION, "digest").with_key_names();
    /// let tenants = Tenants::new(TenantSource::token_kid(&token), |kid: TenantId| async move {
    ///     // Ask the sender; it is asked once for all who wait.
    ///     let name = BodyToken::key_id(kid.as_str());
    ///     let key = key_of(&kid).await;
    ///     Ok(name.zip(key).map(|(name, key)| KeyRing::single(name, key)))
    /// });
    /// let policy = Policy::builder("acme").body_token(token).tenants(tenants).timer(TokioTimer);
    /// # policy.build()?; Ok(())
    /// # }
    /// ```
    pub fn token_kid(token: &BodyToken) -> Self {
        let token = token.clone().with_key_names();
        Self::head(move |head| token.kid(head))
    }

    pub(super) fn read<'a>(&self, head: &Head<'a>) -> Result<Cow<'a, str>, Rejection> {
        let (text, encoded) = match &self.0 {
            Place::Head(find) => {
                let tenant = find(head).ok_or(Rejection::Missing)?;
                return Ok(Cow::Owned(tenant.as_str().to_owned()));
            }
            Place::Header(name) => {
                let values = head.headers.get_all(name).iter();
                let value = once(values)?;
                (value.to_str().map_err(|_| Rejection::Malformed)?, false)
            }
            Place::PathSegment(nth) => {
                let path = head.uri.path();
                let segments = path.strip_prefix('/').unwrap_or(path).split('/');
                let segment = segments.into_iter().nth(*nth).filter(|text| !text.is_empty());
                (segment.ok_or(Rejection::Missing)?, true)
            }
            Place::Query(name) => {
                let pairs = head.uri.query().unwrap_or_default().split('&');
                let pairs = pairs.filter_map(|pair| pair.split_once('='));
                (once(pairs.filter(|(key, _)| key == name).map(|(_, value)| value))?, true)
            }
        };
        let decoded = !encoded || !text.contains(['%', '+']);
        if decoded && TenantId::is_one(text) {
            Ok(Cow::Borrowed(text))
        } else {
            Err(Rejection::Malformed)
        }
    }
}

fn once<T>(mut values: impl Iterator<Item = T>) -> Result<T, Rejection> {
    match (values.next(), values.next()) {
        (None, _) => Err(Rejection::Missing),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(Rejection::Duplicated),
    }
}

impl fmt::Debug for TenantSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Head(_) => f.write_str("TenantSource::head(..)"),
            Place::Header(name) => write!(f, "TenantSource::header({name})"),
            Place::PathSegment(nth) => write!(f, "TenantSource::path_segment({nth})"),
            Place::Query(name) => write!(f, "TenantSource::query({name:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, Uri};

    use super::*;

    type Values = &'static [&'static str];

    #[test]
    fn names_are_read_strictly() {
        let header = TenantSource::header(HeaderName::from_static("x-tenant"));
        let segment = TenantSource::path_segment(1);
        let query = TenantSource::query("tenant");
        let head = TenantSource::head(|head| head.uri.host()?.parse().ok());
        let long = "a".repeat(TenantId::MAX_LEN);
        let (longest, too_long) = (format!("/hooks/{long}"), format!("/hooks/{long}a"));
        let (missing, malformed) = (Err(Rejection::Missing), Err(Rejection::Malformed));
        #[rustfmt::skip]
        let rows: &[(&TenantSource, &str, Values, Result<&str, Rejection>)] = &[
            (&header,  "/",                           &["acme"],          Ok("acme")),
            (&header,  "/",                           &["a%20b+c"],       Ok("a%20b+c")),
            (&header,  "/",                           &[],                missing),
            (&header,  "/",                           &["acme", "acme"],  Err(Rejection::Duplicated)),
            (&header,  "/",                           &[""],              malformed),
            (&header,  "/",                           &["two words"],     malformed),
            (&segment, "/hooks/acme",                 &[],                Ok("acme")),
            (&segment, "/hooks/acme/more?x=1",        &[],                Ok("acme")),
            (&segment, "/hooks/",                     &[],                missing),
            (&segment, "/hooks",                      &[],                missing),
            (&segment, "/hooks/ac%6De",               &[],                malformed),
            (&segment, &longest,                      &[],                Ok(&long)),
            (&segment, &too_long,                     &[],                malformed),
            (&query,   "/?tenant=acme&x=1",           &[],                Ok("acme")),
            (&query,   "/?x=1",                       &[],                missing),
            (&query,   "/?Tenant=acme",               &[],                missing),
            (&query,   "/?tenant=a&tenant=b",         &[],                Err(Rejection::Duplicated)),
            (&query,   "/?tenant=",                   &[],                malformed),
            (&query,   "/?tenant=a+b",                &[],                malformed),
            (&head,    "https://acme.example/",       &[],                Ok("acme.example")),
            (&head,    "/",                           &[],                missing),
        ];
        for (source, target, values, want) in rows {
            let uri: Uri = target.parse().unwrap();
            let mut headers = HeaderMap::new();
            for value in *values {
                headers.append("x-tenant", value.parse().unwrap());
            }
            let read = source.read(&Head::new(&Method::POST, &uri, &headers));
            assert_eq!(read.as_deref(), want.as_ref().map(|text| *text), "{source:?} {target}");
        }
    }
}
