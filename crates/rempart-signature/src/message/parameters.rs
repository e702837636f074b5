use std::time::Duration;

use super::structured::{BareItem, Parameters};
use crate::scheme::{Place, Time};
use crate::{Algorithm, Rejection, Window};

/// What a signature says of itself. Whatever else it says is signed with it, and means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignatureParameters {
    pub(crate) alg: Option<String>,
    pub(crate) created: Option<u64>,
    pub(crate) expires: Option<u64>,
    pub(crate) keyid: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) tag: Option<String>,
}

impl SignatureParameters {
    pub(crate) fn read(parameters: &Parameters) -> Result<Self, Rejection> {
        let text = |key| match parameters.get(key) {
            None => Ok(None),
            Some(BareItem::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Rejection::Malformed),
        };
        let time = |key| match parameters.get(key) {
            None => Ok(None),
            Some(BareItem::Integer(at)) => {
                u64::try_from(*at).map(Some).map_err(|_| Rejection::Malformed)
            }
            Some(_) => Err(Rejection::Malformed),
        };
        Ok(Self {
            alg: text("alg")?,
            created: time("created")?,
            expires: time("expires")?,
            keyid: text("keyid")?,
            nonce: text("nonce")?,
            tag: text("tag")?,
        })
    }

    /// In the order in which the standard's own examples have them.
    pub(crate) fn write(&self) -> Parameters {
        let time = |at: u64| BareItem::Integer(i64::try_from(at).unwrap_or(i64::MAX));
        let text = |text: &String| BareItem::String(text.clone());
        let all = [
            ("created", self.created.map(time)),
            ("keyid", self.keyid.as_ref().map(text)),
            ("nonce", self.nonce.as_ref().map(text)),
            ("alg", self.alg.as_ref().map(text)),
            ("expires", self.expires.map(time)),
            ("tag", self.tag.as_ref().map(text)),
        ];
        let given = all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Parameters(given.collect())
    }

    /// Refuses what was made too long ago, or has ended, or says no time at all.
    pub(crate) fn check_time(&self, window: Window, now: Duration) -> Result<(), Rejection> {
        let created = self.created.ok_or(Rejection::Missing)?;
        match window.judge(Time::Seconds(created), now) {
            Place::Within => {}
            Place::Past => return Err(Rejection::StaleTimestamp),
            Place::Future => return Err(Rejection::FutureTimestamp),
        }
        match self.expires {
            Some(expires) if expires <= now.as_secs() => Err(Rejection::Expired),
            _ => Ok(()),
        }
    }

    /// Refuses a message that says another algorithm than the key's.
    pub(crate) fn check_algorithm(&self, algorithm: Algorithm) -> Result<(), Rejection> {
        match &self.alg {
            Some(alg) if alg != algorithm.name() => Err(Rejection::WrongAlgorithm),
            _ => Ok(()),
        }
    }
}
