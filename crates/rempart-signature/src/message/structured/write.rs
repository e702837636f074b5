use std::fmt::{Display, Formatter, Result, Write as _};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use super::{BareItem, Dictionary, InnerList, Item, List, Member, Parameters};

impl Display for Dictionary {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (nth, (key, member)) in self.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { ", " })?;
            f.write_str(key)?;
            match member {
                Member::Item(Item { value: BareItem::Boolean(true), parameters }) => {
                    parameters.fmt(f)?;
                }
                member => write!(f, "={member}")?,
            }
        }
        Ok(())
    }
}

impl Display for List {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (nth, member) in self.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { ", " })?;
            member.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Member {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::InnerList(list) => list.fmt(f),
            Self::Item(item) => item.fmt(f),
        }
    }
}

impl Display for InnerList {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('(')?;
        for (nth, item) in self.items.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { " " })?;
            item.fmt(f)?;
        }
        write!(f, "){}", self.parameters)
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{}", self.value, self.parameters)
    }
}

impl Display for Parameters {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (key, value) in self.iter() {
            write!(f, ";{key}")?;
            if *value != BareItem::Boolean(true) {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

impl Display for BareItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Boolean(yes) => f.write_str(if *yes { "?1" } else { "?0" }),
            Self::Bytes(bytes) => write!(f, ":{}:", Base64Display::new(bytes, &STANDARD)),
            Self::Date(seconds) => write!(f, "@{seconds}"),
            Self::Decimal(thousandths) => decimal(*thousandths, f),
            Self::DisplayString(text) => display_string(text, f),
            Self::Integer(number) => write!(f, "{number}"),
            Self::String(text) => string(text, f),
            Self::Token(text) => f.write_str(text),
        }
    }
}

fn decimal(thousandths: i64, f: &mut Formatter<'_>) -> Result {
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, fraction) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    let fraction = format!("{fraction:03}");
    let digits = fraction.trim_end_matches('0');
    write!(f, "{sign}{whole}.{}", if digits.is_empty() { "0" } else { digits })
}

fn string(text: &str, f: &mut Formatter<'_>) -> Result {
    f.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}

fn display_string(text: &str, f: &mut Formatter<'_>) -> Result {
    f.write_str("%\"")?;
    for byte in text.bytes() {
        match byte {
            b'%' | b'"' | ..=0x1f | 0x7f.. => write!(f, "%{byte:02x}")?,
            _ => f.write_char(char::from(byte))?,
        }
    }
    f.write_char('"')
}
