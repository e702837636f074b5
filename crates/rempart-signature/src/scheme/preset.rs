mod body;
mod less;
mod message;
mod timed;

use std::borrow::Cow;
use std::time::Duration;

use super::public_key::{self, Preset};
use super::{Part, Scheme, Template, Window};

const fn literal(text: &'static str) -> Part {
    Part::Literal(Cow::Borrowed(text))
}

fn template(parts: &'static [Part]) -> Template {
    Template::new(parts)
}

/// So many seconds back, one minute ahead.
const fn past(seconds: u64) -> Window {
    Window::new(Duration::from_secs(seconds), Window::DEFAULT.future())
}

const BODY_TIMESTAMP: &[Part] = &[Part::Body, Part::Timestamp];
const TIMESTAMP_COLON_BODY: &[Part] = &[Part::Timestamp, literal(":"), Part::Body];
const TIMESTAMP_DOT_BODY: &[Part] = &[Part::Timestamp, literal("."), Part::Body];
const V0_TIMESTAMP_BODY: &[Part] = &[literal("v0:"), Part::Timestamp, literal(":"), Part::Body];

/// What a preset is altered from: a scheme that signs the body in this header, or another preset.
macro_rules! start {
    ($name:literal in $header:literal) => {
        Self::new(Cow::Borrowed($name), HeaderName::from_static($header))
    };
    ($name:literal like $preset:ident) => {
        Self::$preset().with_name($name)
    };
}
use start;

/// Makes a function of each, and the list of all.
macro_rules! presets {
    ($( $(#[doc = $doc:literal])+ $name:literal $function:ident { $($step:ident($($argument:expr),*)),* $(,)? } $from:ident $what:tt; )+) => {
        pub(super) const PRESETS: &[super::Preset] =
            &[$( ($name, super::super::Scheme::$function), )+];

        impl super::super::Scheme {
            $(
                $(#[doc = $doc])+
                #[must_use]
                pub fn $function() -> Self {
                    super::start!($name $from $what)
                        $( .$step($($argument),*) )*
                }
            )+
        }
    };
}
use presets;

const GROUPS: [&[Preset]; 5] =
    [body::PRESETS, less::PRESETS, message::PRESETS, public_key::PRESETS, timed::PRESETS];

impl Scheme {
    /// Every preset, in the order of their names.
    ///
    /// ```
    /// use rempart_signature::{Coverage, Scheme};
    ///
    /// let weak = Scheme::presets().filter(|scheme| scheme.coverage() < Coverage::Body);
    /// for scheme in weak {
    ///     println!("{scheme}");
    /// }
    /// ```
    pub fn presets() -> impl Iterator<Item = Self> {
        let mut presets = GROUPS.concat();
        presets.sort_unstable_by_key(|(name, _)| *name);
        presets.into_iter().map(|(_, preset)| preset())
    }

    /// The preset of this name.
    ///
    /// ```
    /// use rempart_signature::Scheme;
    ///
    /// assert_eq!(Scheme::preset("github"), Some(Scheme::github()));
    /// assert_eq!(Scheme::preset("gitbub"), None);
    /// ```
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let mut presets = GROUPS.into_iter().flatten();
        presets.find(|(preset, _)| *preset == name).map(|(_, preset)| preset())
    }
}
