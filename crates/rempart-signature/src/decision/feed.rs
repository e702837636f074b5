use super::progress::Identities;
use super::transcripts::Transcripts;
use crate::Part;
use crate::public_url::Spellings;
use crate::scheme::Fields;

/// Feeds each transcript, and each identity, with the spelling of the URL that it is for.
pub(super) fn feed(
    transcripts: &mut Transcripts,
    identities: &mut Identities,
    spellings: &Spellings<'_>,
    fields: &Fields<'_>,
    parts: &[Part],
) {
    for place in spellings.places() {
        let mut gathered = Gathered::new(|bytes: &[u8]| {
            transcripts.update_spelled(place, bytes);
            for (spelling, identity) in identities.iter_mut() {
                if *spelling == place {
                    identity.update(bytes);
                }
            }
        });
        fields.feed(parts, spellings.get(place), |piece| gathered.put(piece));
        gathered.hand_on();
    }
}

/// Pieces that are handed on together: most are a few bytes long, and a hash takes as long to
/// be given one byte as to be given fifty.
struct Gathered<F> {
    buffer: [u8; 128],
    length: usize,
    each: F,
}

impl<F: FnMut(&[u8])> Gathered<F> {
    const fn new(each: F) -> Self {
        // Two blocks of SHA-256: an id, a time, and what stands between them.
        Self { buffer: [0; 128], length: 0, each }
    }

    fn put(&mut self, piece: &[u8]) {
        let end = self.length.saturating_add(piece.len());
        // What stands between two fields is one byte: less than the call that would copy it.
        if let ([byte], Some(room)) = (piece, self.buffer.get_mut(self.length)) {
            *room = *byte;
            self.length = end;
        } else if let Some(room) = self.buffer.get_mut(self.length..end) {
            room.copy_from_slice(piece);
            self.length = end;
        } else {
            self.put_long(piece);
        }
    }

    #[cold]
    #[inline(never)]
    fn put_long(&mut self, piece: &[u8]) {
        self.hand_on();
        (self.each)(piece);
    }

    fn hand_on(&mut self) {
        (self.each)(self.buffer.get(..self.length).unwrap_or_default());
        self.length = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_arrive_whole_and_in_order(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
        ) {
            let mut fed = Vec::new();
            let mut gathered = Gathered::new(|bytes: &[u8]| fed.extend_from_slice(bytes));
            for piece in &pieces {
                gathered.put(piece);
            }
            gathered.hand_on();
            prop_assert_eq!(fed, pieces.concat());
        }
    }
}
