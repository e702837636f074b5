use rempart_core::Live;
use rempart_keys::KeyRing;
use rempart_signature as signature;
use rempart_token as token;

use super::{Keys, Purpose};
use crate::serve::StartError;

impl Keys {
    /// The policy, with the keys of this ring from now on.
    pub(crate) fn follow_signatures(
        &self,
        purpose: Purpose,
        policy: signature::Policy,
    ) -> Result<Live<signature::Policy>, StartError> {
        self.follow(purpose, policy, |policy, ring| Ok(policy.with_keys(ring)?))
    }

    /// The same for tokens.
    pub(crate) fn follow_tokens(
        &self,
        policy: token::Policy,
    ) -> Result<Live<token::Policy>, StartError> {
        self.follow(Purpose::Tokens, policy, |policy, ring| Ok(policy.with_keys(ring)?))
    }

    /// The ring itself, in the place of the one that is there.
    pub(crate) fn follow_ring(
        &self,
        purpose: Purpose,
        live: &Live<KeyRing>,
    ) -> Result<(), StartError> {
        let live = live.clone();
        let store = move |ring: &KeyRing| {
            live.store(ring.clone());
            Ok(())
        };
        let refused =
            |why: Box<dyn std::error::Error + Send + Sync>| StartError::refused(purpose, &*why);
        self.ring(purpose).on_change(store).map_err(refused)
    }

    /// Stores in what is returned what `with_keys` makes of `value` and each ring.
    fn follow<P, W>(&self, purpose: Purpose, value: P, with_keys: W) -> Result<Live<P>, StartError>
    where
        P: Clone + Send + Sync + 'static,
        W: Fn(&P, KeyRing) -> Result<P, Box<dyn std::error::Error + Send + Sync>>
            + Send
            + Sync
            + 'static,
    {
        let live = Live::new(value.clone());
        let stored = live.clone();
        let store = move |ring: &KeyRing| {
            stored.store(with_keys(&value, ring.clone())?);
            Ok(())
        };
        let ring = self.ring(purpose);
        ring.on_change(store).map_err(|why| StartError::refused(purpose, &*why))?;
        Ok(live)
    }
}
