use std::fmt;

use super::ItemSignatures;

impl fmt::Display for ItemSignatures {
    /// What an operator asks of it, a line each.
    ///
    /// ```
    /// use rempart_signature::ItemSignatures;
    ///
    /// let printed = ItemSignatures::adyen().to_string();
    /// assert_eq!(printed, "\
    /// adyen
    ///   signs each item of `notificationItems`, at most 32, with hmac-sha256
    ///   the key as hexadecimal of at least 16 bytes
    ///   in the member `additionalData.hmacSignature` of the item, Base64
    ///   covers pspReference:originalReference:merchantAccountCode:merchantReference:\
    /// amount.value:amount.currency:eventCode:success of a body of at most 65536 bytes");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, form, minimum) = self.reading();
        let [outer, signature] = self.signature;
        writeln!(f, "{}", self.name)?;
        write!(f, "  signs each item of `{}`, at most {}, ", self.items, Self::MAX_ITEMS)?;
        writeln!(f, "with {algorithm}\n  the key as {form} of at least {minimum} bytes")?;
        write!(f, "  in the member `{outer}.{signature}` of the item, {}", Self::ENCODING)?;
        f.write_str("\n  covers ")?;
        for (nth, field) in self.fields.iter().enumerate() {
            if nth > 0 {
                write!(f, "{}", self.separator)?;
            }
            f.write_str(field.path)?;
        }
        write!(f, " of a body of at most {} bytes", self.body_limit)
    }
}
