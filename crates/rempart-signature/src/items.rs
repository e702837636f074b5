//! Bodies whose items are signed one by one.

mod display;
mod item;
mod sign;
mod signed;
mod verify;

use crate::{Algorithm, Coverage, Encoding, Scheme, SecretForm};

use self::item::Field;
pub use self::signed::{SignedItem, SignedItems};
pub(crate) use self::verify::{conclude, decide};

/// Says how the items of a JSON body are signed, each for itself.
///
/// A value, as a [`Scheme`] is, and given to a policy in its place:
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, Method, Uri};
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{Coverage, Head, ItemSignatures, Policy, verify};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The example of Adyen's documentation.
/// let key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
/// let policy = Policy::builder("adyen")
///     .item_signatures(ItemSignatures::adyen())
///     .dangerously_accept_coverage(Coverage::Fields)
///     .keys(KeyRing::single(KeyId::new("docs")?, Secret::new(key)?))
///     .dangerously_without_read_deadline()
///     .build()?;
/// let body = br#"{"live":"false","notificationItems":[{"NotificationRequestItem":{
///     "additionalData":{"hmacSignature":"coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
///     "pspReference":"7914073381342284","merchantAccountCode":"TestMerchant",
///     "merchantReference":"TestPayment-1407325143704",
///     "amount":{"value":1130,"currency":"EUR"},
///     "eventCode":"AUTHORISATION","success":"true"}}]}"#;
///
/// let (uri, headers) = (Uri::from_static("/hooks"), HeaderMap::new());
/// let verified = verify(&policy, &Head::new(&Method::POST, &uri, &headers), body, Duration::ZERO)?;
/// // What was signed, and nothing else of the body:
/// let items = verified.items().expect("items");
/// let item = items.iter().next().expect("an item");
/// assert_eq!(item.get("amount.value"), Some("1130"));
/// assert_eq!(item.get("live"), None);
/// # Ok(())
/// # }
/// ```
///
/// Every item has to be signed, and all of one request by one key. What is not of the form in which its
/// sender writes it is refused: an item that is there twice, a member that is, one of another type.
///
/// # Security
///
/// The signature stands in the body, so that all of it is read before anything is known about it; and it
/// covers a few fields of each item: the policy's coverage is [`Coverage::Fields`]. No time is signed.
/// Items that were seen can be sent again, and in another company: with a
/// [`ReplayStore`](crate::ReplayStore) a request of more than one item is refused, for it would be
/// another one each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSignatures {
    name: &'static str,
    /// The array of the body in which items are.
    items: &'static str,
    /// The one member of each that is the item.
    item: &'static str,
    /// Where in it the signature is.
    signature: [&'static str; 2],
    fields: &'static [Field],
    separator: char,
    min_secret: usize,
    body_limit: u64,
}

impl ItemSignatures {
    /// The most items that one request may hold.
    pub const MAX_ITEMS: usize = 32;

    /// The longest body by default: 64 KiB.
    pub const BODY_LIMIT: u64 = 64 * 1024;

    /// [Adyen's standard webhooks](https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures):
    /// HMAC-SHA-256 in Base64 over eight fields with colons between them, an empty one for each that is
    /// not there, by a key in hexadecimal.
    ///
    /// As in Adyen's own libraries nothing is escaped, and one field alone may hold a colon, the
    /// merchant's reference: so there is one way to take apart what was signed.
    #[must_use]
    pub const fn adyen() -> Self {
        Self {
            name: "adyen",
            items: "notificationItems",
            item: "NotificationRequestItem",
            signature: ["additionalData", "hmacSignature"],
            fields: item::ADYEN,
            separator: ':',
            min_secret: Scheme::MIN_SECRET,
            body_limit: Self::BODY_LIMIT,
        }
    }

    /// Asks for keys of at least so many bytes, decoded; [`Scheme::MIN_SECRET`] otherwise, and
    /// fewer only with [`dangerously_short_secrets`](crate::PolicyBuilder::dangerously_short_secrets).
    #[must_use]
    pub const fn with_min_secret(mut self, bytes: usize) -> Self {
        self.min_secret = bytes;
        self
    }

    /// Takes bodies of at most so many bytes, unless the policy says otherwise.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The name under which these signatures go in [`Verified`](crate::Verified).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How much of a request its signatures cover.
    #[must_use]
    pub const fn coverage(&self) -> Coverage {
        Coverage::Fields
    }

    /// The longest body, unless the policy says otherwise.
    #[must_use]
    pub const fn body_limit(&self) -> u64 {
        self.body_limit
    }

    /// How keys are read: for what, of which form, and how long at least.
    pub(crate) const fn reading(&self) -> (Algorithm, &SecretForm, usize) {
        (Algorithm::HmacSha256, Self::KEY_FORM, self.min_secret)
    }

    const ENCODING: Encoding = Encoding::Base64;
    const KEY_FORM: &'static SecretForm = &SecretForm::hex("");
}
