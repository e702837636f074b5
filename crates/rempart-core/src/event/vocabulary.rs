/// A closed set of words: an enum, the text of each, and the list of all.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        pub enum $Name:ident { $( $(#[doc = $doc:literal])+ $Variant:ident = $text:literal, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $Name { $( $(#[doc = $doc])+ $Variant, )+ }

        impl $Name {
            /// Every word, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$( Self::$Variant, )+];

            /// The word as it stands in logs and metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$Variant => $text, )+ }
            }

            /// The place of the word in [`ALL`](Self::ALL): metrics keep their handles by it.
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }
        }

        impl ::std::fmt::Display for $Name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(super) use vocabulary;
