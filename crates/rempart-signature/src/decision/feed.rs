use super::{Identities, Running, Transcripts};
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
    let feed = |spelling: u8, each: &mut dyn FnMut(&[u8])| {
        let (origin, path_and_query) = spellings.get(spelling);
        let fields = Fields { path_and_query, ..*fields };
        let mut gathered = Gathered::default();
        fields.feed(parts, origin, |piece| gathered.put(piece, each));
        each(gathered.bytes());
    };
    for Running { spelling, transcript, .. } in transcripts {
        feed(*spelling, &mut |bytes| transcript.update(bytes));
    }
    for (spelling, identity) in identities {
        feed(*spelling, &mut |bytes| identity.update(bytes));
    }
}

/// Pieces that are handed on together: most are a few bytes long, and a hash takes as long to
/// be given one byte as to be given fifty.
struct Gathered {
    buffer: [u8; Self::ROOM],
    length: usize,
}

impl Default for Gathered {
    fn default() -> Self {
        Self { buffer: [0; Self::ROOM], length: 0 }
    }
}

impl Gathered {
    /// Two blocks of SHA-256: an id, a time, and what stands between them.
    const ROOM: usize = 128;

    fn put(&mut self, piece: &[u8], each: &mut dyn FnMut(&[u8])) {
        let end = self.length.saturating_add(piece.len());
        if let Some(room) = self.buffer.get_mut(self.length..end) {
            room.copy_from_slice(piece);
            self.length = end;
        } else {
            each(self.bytes());
            each(piece);
            self.length = 0;
        }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
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
            let mut each = |bytes: &[u8]| fed.extend_from_slice(bytes);
            let mut gathered = Gathered::default();
            for piece in &pieces {
                gathered.put(piece, &mut each);
            }
            each(gathered.bytes());
            prop_assert_eq!(fed, pieces.concat());
        }
    }
}
