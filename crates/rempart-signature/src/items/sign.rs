use rempart_keys::Secret;

use super::ItemSignatures;
use crate::json::{Object, Value, quoted};
use crate::key::SigningKey;
use crate::{Member, Rejection, SignError};

impl ItemSignatures {
    /// Signs each item of a body as the sender would, anew where it is signed: gives the body to send.
    ///
    /// ```
    /// use rempart_keys::Secret;
    /// use rempart_signature::ItemSignatures;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = Secret::new("6d6164652d75702d666f722d7468652d646f63756d656e746174696f6e")?;
    /// let body = br#"{"notificationItems":[{"NotificationRequestItem":{
    ///     "pspReference":"made-up-1","merchantAccountCode":"MadeUp",
    ///     "eventCode":"AUTHORISATION","success":"true"}}]}"#;
    /// let body = String::from_utf8(ItemSignatures::adyen().sign_body(&key, body)?)?;
    /// assert!(body.contains(r#""additionalData":{"hmacSignature":""#));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SignError::SecretForm`] if the key is not of its form, and [`SignError::Member`] if the body holds
    /// no items, or one that its receiver would refuse.
    pub fn sign_body(&self, secret: &Secret, body: &[u8]) -> Result<Vec<u8>, SignError> {
        let (algorithm, form, _) = self.reading();
        let key = SigningKey::read(algorithm, form, secret).ok_or(SignError::SecretForm)?;
        let unfit = |_: Rejection| SignError::Member { member: Member::new(self.items) };
        let body = Object::parse(body).ok_or(Rejection::Malformed).map_err(unfit)?;
        let mut items = Vec::new();
        for place in self.items(body).map_err(unfit)?.items() {
            let item = self.item(place).map_err(unfit)?;
            let mut transcript = key.transcript();
            transcript.update(self.read(item).map_err(unfit)?.as_bytes());
            let signature = key.sign(transcript).ok_or(SignError::Randomness)?;
            let item = self.with_signature(item, &Self::ENCODING.encode(&signature));
            items.push(with(place.object(), self.item, &item));
        }
        let items = format!("[{}]", items.join(","));
        Ok(with(Some(body), self.items, &items).into_bytes())
    }

    fn with_signature(&self, item: Object<'_>, signature: &str) -> String {
        let [outer, name] = self.signature;
        let place = item.one(outer).and_then(Value::object);
        with(Some(item), outer, &with(place, name, &quoted(signature)))
    }
}

/// An object, written with this member in the place of one of its name, or after the others.
fn with(object: Option<Object<'_>>, name: &str, value: &str) -> String {
    let others = object.into_iter().flat_map(Object::members).filter(|(other, _)| !other.is(name));
    let mut members: Vec<String> = others.map(|(name, value)| format!("{name}:{value}")).collect();
    members.push(format!("{}:{value}", quoted(name)));
    format!("{{{}}}", members.join(","))
}
