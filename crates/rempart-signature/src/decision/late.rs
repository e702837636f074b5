//! What is fed once the whole body has come. Rare, and kept out of the way of what is not.

use std::time::Duration;

use http::HeaderValue;

use super::feed::feed;
use super::progress::{Progress, judge};
use crate::form::SortedForm;
use crate::public_url::Spellings;
use crate::scheme::{Fields, Headers};
use crate::{Head, Part, Policy, Rejection, Scheme};

impl Progress {
    /// The body, to algorithms that cannot take it as it comes.
    #[cold]
    pub(super) fn feed_whole(&mut self, body: &[u8]) {
        self.transcripts.update(body);
        self.identities.iter_mut().for_each(|(_, identity)| identity.update(body));
    }

    /// The parameters of a form, sorted.
    #[cold]
    pub(super) fn feed_form(&mut self, body: &[u8]) -> Result<(), Rejection> {
        let form = SortedForm::parse(body)?;
        if form.is_empty() {
            return Err(Rejection::InsufficientCoverage);
        }
        form.feed(|bytes| self.transcripts.update(bytes));
        for (_, identity) in &mut self.identities {
            form.feed(|bytes| identity.update(bytes));
        }
        Ok(())
    }

    /// Members of the body, which hold the signature too.
    #[cold]
    pub(super) fn feed_members(
        &mut self,
        policy: &Policy,
        head: &Head<'_>,
        now: Duration,
        body: &[u8],
    ) -> Result<(), Rejection> {
        let scheme = policy.scheme().ok_or(Rejection::Missing)?;
        let credential = scheme.body_credential(body)?;
        if let Some((_, sent)) = credential.timestamp {
            judge(scheme, sent, now)?;
            self.timestamp = Some(sent.since_epoch());
        }
        if let Some(id) = credential.id {
            self.know_by_id(policy, id);
        }
        let Self { transcripts, identities, .. } = self;
        let fields = Fields {
            id: credential.id.unwrap_or_default(),
            timestamp: credential.timestamp.map_or(&[], |(text, _)| text),
            ..head.fields(scheme, &scheme.credential(&Headers::of(scheme, head.headers))?)
        };
        let spellings = Spellings::of(policy.origins().of(head)?, head);
        feed(transcripts, identities, &spellings, &fields, scheme.template().parts());
        self.signatures = credential.signatures;
        Ok(())
    }

    /// What is signed after the body.
    #[cold]
    pub(super) fn feed_rest(
        &mut self,
        policy: &Policy,
        scheme: &Scheme,
        head: &Head<'_>,
        after: &[Part],
    ) -> Result<(), Rejection> {
        let Self { transcripts, identities, .. } = self;
        let credential = scheme.credential(&Headers::of(scheme, head.headers))?;
        let spellings = Spellings::of(policy.origins().of(head)?, head);
        feed(transcripts, identities, &spellings, &head.fields(scheme, &credential), after);
        Ok(())
    }

    /// What the body says of itself.
    #[cold]
    pub(super) fn read_members(
        &mut self,
        policy: &Policy,
        scheme: &Scheme,
        now: Duration,
        body: &[u8],
    ) -> Result<(), Rejection> {
        if let Some((_, sent)) = scheme.body_time(body)? {
            judge(scheme, sent, now)?;
            self.timestamp = Some(sent.since_epoch());
        }
        if let Some(id) = scheme.body_id(body)? {
            self.know_by_id(policy, id);
        }
        Ok(())
    }

    /// A signed id is all that counts of a message: the bytes around it are others in the sender's
    /// next attempt.
    fn know_by_id(&mut self, policy: &Policy, id: &[u8]) {
        self.id = HeaderValue::from_bytes(id).ok();
        if let Some(rules) = policy.replay() {
            let identity = rules.identity(policy.tenant_name(), Some(id));
            self.identities.iter_mut().for_each(|(_, known)| *known = identity.clone());
        }
    }
}
