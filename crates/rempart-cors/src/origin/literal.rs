use std::borrow::Cow;

use super::{Origin, Parts};

/// An origin that is written in the code, checked when it is compiled.
///
/// A value in any other form does not compile, and the message says what is wrong with it.
///
/// ```
/// use rempart_cors::{Origin, Policy, origin};
///
/// const APP: Origin = origin!("https://app.example.com");
/// let policy = Policy::credentialed("api").origins([APP, origin!("http://localhost:5173")]);
/// # policy.build()?;
/// # Ok::<_, rempart_cors::ConfigErrors>(())
/// ```
///
/// ```compile_fail
/// rempart_cors::origin!("https://app.example.com/");
/// ```
#[macro_export]
macro_rules! origin {
    ($text:expr) => {{
        const ORIGIN: $crate::Origin = match $crate::__private::Literal::check($text) {
            ::core::result::Result::Ok(literal) => literal.origin(),
            ::core::result::Result::Err(fault) => ::core::panic!("{}", fault),
        };
        ORIGIN
    }};
}

/// A checked text on its way to being an [`Origin`]; a value that constants may drop.
#[derive(Clone, Copy, Debug)]
pub struct Literal {
    text: &'static str,
    parts: Parts,
}

impl Literal {
    /// Checks the text.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub const fn check(text: &'static str) -> Result<Self, &'static str> {
        match Parts::parse(text.as_bytes()) {
            Ok(parts) => Ok(Self { text, parts }),
            Err(fault) => Err(fault.message()),
        }
    }

    /// The origin.
    #[must_use]
    pub const fn origin(self) -> Origin {
        Origin { text: Cow::Borrowed(self.text), parts: self.parts }
    }
}
