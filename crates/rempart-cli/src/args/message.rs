use clap::ValueEnum;
use clap::builder::RangedU64ValueParser;

/// HTTP message signatures, RFC 9421: for `--scheme message` alone.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "HTTP message signatures (--scheme message)")]
pub(crate) struct SignaturesArgs {
    /// The algorithm: hmac-sha256, ed25519… (a name that is none lists them all)
    #[arg(long, value_name = "NAME")]
    pub(crate) algorithm: Option<String>,

    /// The name that the signer has for the key
    #[arg(long, value_name = "TEXT")]
    pub(crate) keyid: Option<String>,

    /// A component to cover, or to ask for: @method, content-type, `"@query-param";name="a"`…; may be
    /// given several times
    #[arg(long = "component", value_name = "NAME")]
    pub(crate) components: Vec<String>,

    /// The label: `sig` by default for what is signed, any for what is verified
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Option<String>,

    /// The tag, which says for which application a signature is made
    #[arg(long, value_name = "TEXT")]
    pub(crate) tag: Option<String>,

    /// The URL under which senders know the service, where it is not the one that is called
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Option<String>,

    /// How the secret of hmac-sha256 is written; keys of pairs say it themselves
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) secret_form: Option<SecretForm>,
}

/// What a signature says that is made.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "HTTP message signatures (--scheme message)")]
pub(crate) struct MadeArgs {
    /// What the receiver keeps so as to take the message once
    #[arg(long, value_name = "TEXT")]
    pub(crate) nonce: Option<String>,

    /// How many seconds the signature is good for
    #[arg(long, value_name = "SECONDS", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub(crate) lifetime: Option<u64>,

    /// The digest of the body: sha-256 by default
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) digest: Option<Digest>,

    /// Says the algorithm in the signature too
    #[arg(long)]
    pub(crate) say_algorithm: bool,
}

/// What is asked of a signature.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "HTTP message signatures (--scheme message)")]
pub(crate) struct WantedArgs {
    /// Takes signatures whatever they cover, a digest of the body aside
    #[arg(long, conflicts_with = "components")]
    pub(crate) any_component: bool,

    /// Takes signatures that leave the body out
    #[arg(long)]
    pub(crate) without_content_digest: bool,
}

/// How a secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecretForm {
    /// Its bytes are in Base64.
    Base64,
    /// Its characters are its bytes.
    Text,
}

/// A digest of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Digest {
    #[value(name = "sha-256")]
    Sha256,
    #[value(name = "sha-512")]
    Sha512,
}

impl SignaturesArgs {
    /// The options that were given.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--algorithm", self.algorithm.is_some()),
            ("--keyid", self.keyid.is_some()),
            ("--component", !self.components.is_empty()),
            ("--label", self.label.is_some()),
            ("--tag", self.tag.is_some()),
            ("--origin", self.origin.is_some()),
            ("--secret-form", self.secret_form.is_some()),
        ];
        names(given)
    }
}

impl MadeArgs {
    /// The options that were given.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        names([
            ("--nonce", self.nonce.is_some()),
            ("--lifetime", self.lifetime.is_some()),
            ("--digest", self.digest.is_some()),
            ("--say-algorithm", self.say_algorithm),
        ])
    }
}

impl WantedArgs {
    /// The options that were given.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        names([
            ("--any-component", self.any_component),
            ("--without-content-digest", self.without_content_digest),
        ])
    }
}

fn names<const N: usize>(options: [(&'static str, bool); N]) -> Vec<&'static str> {
    options.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
}
