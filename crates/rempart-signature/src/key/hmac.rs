use hmac::EagerHash;
use hmac::block_api::HmacCore;
use hmac::digest::Output;
use hmac::digest::block_api::{Buffer, FixedOutputCore, UpdateCore};

/// An HMAC under way: the state with its key in it, and the block that is not full yet.
///
/// This is [`hmac::Hmac`] by its parts. That one has to be moved to be finished, and is cloned with
/// a block in which nothing is; it is so large that either takes as long as half a compression.
pub(crate) struct Hmac<D: EagerHash> {
    state: HmacCore<D>,
    block: Buffer<HmacCore<D>>,
}

impl<D: EagerHash> Hmac<D> {
    pub(super) fn begin(key: &HmacCore<D>) -> Self {
        Self { state: key.clone(), block: Buffer::<HmacCore<D>>::default() }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        let Self { state, block } = self;
        block.digest_blocks(bytes, |blocks| state.update_blocks(blocks));
    }

    /// The tag. To be asked once: the state is that of no key then.
    pub(super) fn finish(&mut self) -> Output<HmacCore<D>> {
        let mut tag = Output::<HmacCore<D>>::default();
        self.finish_into(&mut tag);
        tag
    }

    /// The same, written to where it stays.
    pub(super) fn finish_into(&mut self, tag: &mut Output<HmacCore<D>>) {
        self.state.finalize_fixed_core(&mut self.block, tag);
    }
}

#[cfg(test)]
mod tests {
    use hmac::{KeyInit, Mac};
    use proptest::prelude::*;
    use sha1::Sha1;
    use sha2::{Sha256, Sha512};

    use super::*;

    /// What is made of these pieces here, and by the crate.
    fn both<D: EagerHash>(key: &[u8], pieces: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
        let mut ours = Hmac::<D>::begin(&HmacCore::new_from_slice(key).unwrap());
        for piece in pieces {
            ours.update(piece);
        }
        let mut whole = hmac::Hmac::<D>::new_from_slice(key).unwrap();
        whole.update(&pieces.concat());
        (ours.finish().to_vec(), whole.finalize().into_bytes().to_vec())
    }

    proptest! {
        #[test]
        fn is_the_hmac_of_all_pieces(
            key in prop::collection::vec(any::<u8>(), 0..200),
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6),
        ) {
            for (ours, whole) in [
                both::<Sha1>(&key, &pieces),
                both::<Sha256>(&key, &pieces),
                both::<Sha512>(&key, &pieces),
            ] {
                prop_assert_eq!(ours, whole);
            }
        }
    }
}
