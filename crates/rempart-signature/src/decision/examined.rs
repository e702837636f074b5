use std::time::Duration;

use super::content::Content;
use crate::public_url::Spellings;
use crate::scheme::{Credential, Fields, Headers, Place, Signatures, Time};
use crate::{Head, Policy, Rejection, Scheme};

/// A head that gave no reason to refuse the request.
pub(super) struct Examined<'a> {
    scheme: &'a Scheme,
    pub(super) credential: Credential<'a>,
    pub(super) spellings: Spellings<'a>,
    pub(super) content: Content,
}

/// Looks at the head, cheapest checks first. The signatures go to where they stay.
pub(super) fn examine<'a>(
    policy: &'a Policy,
    head: &Head<'a>,
    now: Duration,
    signatures: &mut Signatures,
) -> Result<Examined<'a>, Rejection> {
    let scheme = policy.scheme().ok_or(Rejection::Missing)?;
    *signatures = Signatures::of(scheme.algorithm());
    let headers = Headers::of(scheme, head.headers);
    let credential = scheme.credential_and(signatures, &headers)?;
    if let Some((_, sent)) = credential.timestamp {
        judge(scheme, sent, now)?;
    }
    let spellings = policy.origins().spellings(head)?;
    let content = Content::of(scheme, head)?;
    if headers.is_encoded() {
        return Err(Rejection::Encoded);
    }
    if head.declared_length() > policy.body_limit() {
        return Err(Rejection::TooLarge);
    }
    Ok(Examined { scheme, credential, spellings, content })
}

impl<'a> Examined<'a> {
    pub(super) fn fields(&self, head: &Head<'a>) -> Fields<'a> {
        head.fields(self.scheme, &self.credential)
    }
}

/// Whether a signed time lies within the scheme's window.
pub(super) fn judge(scheme: &Scheme, sent: Time, now: Duration) -> Result<(), Rejection> {
    let place = scheme.timestamp().map(|timestamp| timestamp.accepted().judge(sent, now));
    match place {
        Some(Place::Past) => Err(Rejection::StaleTimestamp),
        Some(Place::Future) => Err(Rejection::FutureTimestamp),
        Some(Place::Within) | None => Ok(()),
    }
}
