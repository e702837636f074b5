use std::borrow::Cow;
use std::collections::BTreeMap;

use rempart_core::Faults;

use super::error::quoted;
use super::{
    Csp, CspError, CspErrors, Directive, HashSource, HostSource, SandboxFlag, SchemeSource, Source,
    SourceError, Value, check,
};
use crate::reporting::{is_endpoint_name, is_report_url};

/// Builds a [`Csp`]. Setting a directive again replaces it.
///
/// Sources are typed (`[Source::SelfOrigin]`) or text (`["'self'", "https://img.example"]`); text
/// that is no source becomes a fault of [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct CspBuilder {
    drafts: BTreeMap<Directive, Draft>,
    stray: Vec<CspError>,
    weak_scripts: bool,
}

/// A directive's value, with what was wrong about it.
#[derive(Clone, Debug)]
enum Draft {
    Sources(Vec<Result<Source, CspError>>),
    Words(Vec<Result<Cow<'static, str>, CspError>>),
}

impl Draft {
    const fn is_empty(&self) -> bool {
        match self {
            Self::Sources(all) => all.is_empty(),
            Self::Words(all) => all.is_empty(),
        }
    }
}

/// One setter for each directive that takes sources.
macro_rules! source_directives {
    ($($setter:ident $Directive:ident $doc:literal),+ $(,)?) => {$(
        #[doc = $doc]
        pub fn $setter<S: IntoSource>(self, sources: impl IntoIterator<Item = S>) -> Self {
            self.set(Directive::$Directive, sources)
        }
    )+};
}

impl CspBuilder {
    pub(super) const fn new() -> Self {
        Self { drafts: BTreeMap::new(), stray: Vec::new(), weak_scripts: false }
    }

    source_directives! {
        default_src DefaultSrc "Sets `default-src`: what the other `-src` directives fall back to.",
        script_src ScriptSrc "Sets `script-src`.",
        script_src_elem ScriptSrcElem "Sets `script-src-elem`: scripts, but not event handlers.",
        script_src_attr ScriptSrcAttr "Sets `script-src-attr`: event handlers in attributes.",
        style_src StyleSrc "Sets `style-src`.",
        style_src_elem StyleSrcElem "Sets `style-src-elem`: style sheets, but not attributes.",
        style_src_attr StyleSrcAttr "Sets `style-src-attr`: styles in attributes.",
        img_src ImgSrc "Sets `img-src`.",
        font_src FontSrc "Sets `font-src`.",
        connect_src ConnectSrc "Sets `connect-src`: fetch, WebSocket, beacons.",
        media_src MediaSrc "Sets `media-src`.",
        object_src ObjectSrc "Sets `object-src`: plug-ins.",
        child_src ChildSrc "Sets `child-src`: what frames and workers fall back to.",
        frame_src FrameSrc "Sets `frame-src`: what the page may frame.",
        worker_src WorkerSrc "Sets `worker-src`.",
        manifest_src ManifestSrc "Sets `manifest-src`.",
        base_uri BaseUri "Sets `base-uri`: what a `<base>` element may say.",
        form_action FormAction "Sets `form-action`: where forms may be sent.",
        frame_ancestors FrameAncestors "Sets `frame-ancestors`: who may frame the page.",
    }

    /// Adds sources to a directive; a `'none'` that stood there gives way.
    ///
    /// ```
    /// use rempart_headers::{Csp, Directive, Source};
    ///
    /// let csp = Csp::page().allow(Directive::ObjectSrc, [Source::SelfOrigin]).build()?;
    /// assert_eq!(csp.sources(Directive::ObjectSrc), Some(&[Source::SelfOrigin][..]));
    /// # Ok::<(), rempart_headers::CspErrors>(())
    /// ```
    pub fn allow<S: IntoSource>(
        mut self,
        directive: Directive,
        sources: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut all = match self.drafts.remove(&directive) {
            Some(Draft::Sources(sources)) => sources,
            Some(draft @ Draft::Words(_)) => {
                self.drafts.insert(directive, draft);
                Vec::new()
            }
            None => Vec::new(),
        };
        all.retain(|source| !matches!(source, Ok(Source::None)));
        let new = all.into_iter().map(Parsed::Before);
        self.set(directive, new.chain(sources.into_iter().map(Parsed::New)))
    }

    /// Drops a directive.
    pub fn without(mut self, directive: Directive) -> Self {
        self.drafts.remove(&directive);
        self
    }

    /// Sets `sandbox`: the page can do only what the flags say.
    pub fn sandbox(self, flags: impl IntoIterator<Item = SandboxFlag>) -> Self {
        let words = flags.into_iter().map(|flag| Ok(Cow::Borrowed(flag.as_str()))).collect();
        self.words(Directive::Sandbox, words)
    }

    /// Sets `require-trusted-types-for 'script'`: no plain text becomes code.
    pub fn require_trusted_types(self) -> Self {
        self.words(Directive::RequireTrustedTypesFor, vec![Ok(Cow::Borrowed("'script'"))])
    }

    /// Sets `trusted-types`: the names of the policies that the page may make, `*`,
    /// `'allow-duplicates'`, or `'none'` alone.
    pub fn trusted_types<S: AsRef<str>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.checked_words(Directive::TrustedTypes, names, is_trusted_type)
    }

    /// Sets `webrtc 'block'`: no peer connections.
    pub fn block_webrtc(self) -> Self {
        self.words(Directive::Webrtc, vec![Ok(Cow::Borrowed("'block'"))])
    }

    /// Sets `upgrade-insecure-requests`: what the page names by `http:` is fetched by `https:`.
    ///
    /// Sent over https only: a page that came in the clear would lose its own resources.
    pub fn upgrade_insecure_requests(self) -> Self {
        self.words(Directive::UpgradeInsecureRequests, Vec::new())
    }

    /// Sets `report-to`: the endpoint, by name, that violations are reported to.
    ///
    /// [`PolicyBuilder::endpoint`](crate::PolicyBuilder::endpoint) gives the name its address; a
    /// policy also sends the address as `report-uri`, for browsers that do not know `report-to`.
    pub fn report_to(self, endpoint: &str) -> Self {
        self.checked_words(Directive::ReportTo, [endpoint], is_endpoint_name)
    }

    /// Sets `report-uri`: `https://…` or a path of the page's own origin.
    pub fn report_uri<S: AsRef<str>>(self, urls: impl IntoIterator<Item = S>) -> Self {
        self.checked_words(Directive::ReportUri, urls, is_report_url)
    }

    /// Takes policies that do not keep strangers' code out: `*`, whole schemes, `'unsafe-inline'`
    /// and `'unsafe-eval'` for scripts and plug-ins, or no directive about them at all.
    ///
    /// # Security
    ///
    /// Such a policy does not hinder cross-site scripting. It can still say who frames the page.
    pub const fn dangerously_weak_scripts(mut self) -> Self {
        self.weak_scripts = true;
        self
    }

    /// Checks the policy.
    ///
    /// # Errors
    ///
    /// Every [`CspError`] there is, in the order of the directives.
    pub fn build(self) -> Result<Csp, CspErrors> {
        let mut faults = Faults::new();
        for stray in self.stray {
            faults.push(stray);
        }
        let mut values = BTreeMap::new();
        for (directive, draft) in self.drafts {
            if draft.is_empty() && !directive.may_be_bare() {
                faults.push(CspError::Empty { directive });
            }
            let value = match draft {
                Draft::Sources(all) => Value::Sources(take_each(all, &mut faults)),
                Draft::Words(all) => Value::Words(take_each(all, &mut faults)),
            };
            values.insert(directive, value);
        }
        let csp = Csp { values, weak_scripts: self.weak_scripts };
        check::check(&csp, &mut faults);
        faults.finish()?;
        Ok(csp)
    }

    /// Sets a directive, whichever it is, from text; used for policies that come as text.
    pub(super) fn set_words<'a>(
        self,
        directive: Directive,
        words: impl Iterator<Item = &'a str>,
    ) -> Self {
        let is_none = |word: &str| word == "'script'";
        let is_webrtc = |word: &str| matches!(word, "'allow'" | "'block'");
        let is_flag = |word: &str| SandboxFlag::from_name(word).is_some();
        match directive {
            Directive::ReportTo => self.checked_words(directive, words, is_endpoint_name),
            Directive::ReportUri => self.checked_words(directive, words, is_report_url),
            Directive::RequireTrustedTypesFor => self.checked_words(directive, words, is_none),
            Directive::Sandbox => self.checked_words(directive, words, is_flag),
            Directive::TrustedTypes => self.checked_words(directive, words, is_trusted_type),
            Directive::UpgradeInsecureRequests => self.checked_words(directive, words, |_| false),
            Directive::Webrtc => self.checked_words(directive, words, is_webrtc),
            _ => self.set(directive, words),
        }
    }

    pub(super) fn has(&self, directive: Directive) -> bool {
        self.drafts.contains_key(&directive)
    }

    /// Adds a fault that belongs to no directive that is known.
    pub(super) fn fault(mut self, fault: CspError) -> Self {
        self.stray.push(fault);
        self
    }

    fn set<S: IntoSource>(
        mut self,
        directive: Directive,
        sources: impl IntoIterator<Item = S>,
    ) -> Self {
        if !directive.takes_sources() {
            return self.fault(CspError::TakesNoSources { directive });
        }
        let mut all: Vec<Result<Source, CspError>> = Vec::new();
        for source in sources {
            let source = source.into_source(directive);
            // The same source twice says no more than once.
            if !all.contains(&source) {
                all.push(source);
            }
        }
        self.drafts.insert(directive, Draft::Sources(all));
        self
    }

    fn words(
        mut self,
        directive: Directive,
        words: Vec<Result<Cow<'static, str>, CspError>>,
    ) -> Self {
        self.drafts.insert(directive, Draft::Words(words));
        self
    }

    fn checked_words<S: AsRef<str>>(
        self,
        directive: Directive,
        words: impl IntoIterator<Item = S>,
        is_one: impl Fn(&str) -> bool,
    ) -> Self {
        let checked = words.into_iter().map(|word| {
            let text = word.as_ref();
            if is_one(text) {
                Ok(Cow::Owned(text.to_owned()))
            } else {
                Err(CspError::InvalidWord { directive, text: quoted(text) })
            }
        });
        let checked = checked.collect();
        self.words(directive, checked)
    }
}

impl From<Csp> for CspBuilder {
    fn from(csp: Csp) -> Self {
        let draft = |value| match value {
            Value::Sources(all) => Draft::Sources(all.into_iter().map(Ok).collect()),
            Value::Words(all) => Draft::Words(all.into_iter().map(Ok).collect()),
        };
        let drafts = csp.values.into_iter().map(|(directive, value)| (directive, draft(value)));
        Self { drafts: drafts.collect(), stray: Vec::new(), weak_scripts: csp.weak_scripts }
    }
}

fn take_each<T>(all: Vec<Result<T, CspError>>, faults: &mut Faults<CspError>) -> Vec<T> {
    all.into_iter().filter_map(|each| faults.take(each)).collect()
}

/// A name of a Trusted Types policy, or one of the three words with a meaning of their own.
fn is_trusted_type(word: &str) -> bool {
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-#=_/@.%".contains(&byte);
    matches!(word, "*" | "'allow-duplicates'" | "'none'")
        || (!word.is_empty() && word.len() <= 64 && word.bytes().all(in_name))
}

/// What the setters of [`CspBuilder`] take for a source: the typed ones, and text.
///
/// Sealed: nothing else becomes a source.
pub trait IntoSource: sealed::Sealed {
    /// The source, or why it is none.
    #[doc(hidden)]
    fn into_source(self, directive: Directive) -> Result<Source, CspError>;
}

macro_rules! typed_sources {
    ($($Type:ty),+) => {$(
        impl sealed::Sealed for $Type {}

        impl IntoSource for $Type {
            fn into_source(self, _: Directive) -> Result<Source, CspError> {
                Ok(self.into())
            }
        }
    )+};
}

typed_sources!(HashSource, HostSource, SchemeSource, Source);

impl sealed::Sealed for &str {}

impl IntoSource for &str {
    fn into_source(self, directive: Directive) -> Result<Source, CspError> {
        let invalid =
            |fault: SourceError| CspError::InvalidSource { directive, text: quoted(self), fault };
        self.parse().map_err(invalid)
    }
}

impl sealed::Sealed for String {}

impl IntoSource for String {
    fn into_source(self, directive: Directive) -> Result<Source, CspError> {
        self.as_str().into_source(directive)
    }
}

/// A source that stood there before, or one that is added.
enum Parsed<S> {
    Before(Result<Source, CspError>),
    New(S),
}

impl<S> sealed::Sealed for Parsed<S> {}

impl<S: IntoSource> IntoSource for Parsed<S> {
    fn into_source(self, directive: Directive) -> Result<Source, CspError> {
        match self {
            Self::Before(source) => source,
            Self::New(source) => source.into_source(directive),
        }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "that is what seals")]
    pub trait Sealed {}
}
