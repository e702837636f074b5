//! The verifier agrees with one that parses, joins and compares.

use proptest::prelude::*;
use proptest::sample::select;
use rempart_signature::{Head, verify};
use serde_json::{Value, json};

use super::{KEY, NOBODYS, mac, policy};

/// What Adyen's own libraries join, if it is of the types that they document.
fn joined(item: &Value) -> Option<String> {
    let text = |name: &str, required: bool| match item.get(name) {
        None => (!required).then(String::new),
        Some(value) => {
            value.as_str().filter(|text| !required || !text.is_empty()).map(str::to_owned)
        }
    };
    let code = |name, required| text(name, required).filter(|text| !text.contains(':'));
    let (value, currency) = match item.get("amount") {
        None => (String::new(), String::new()),
        Some(amount) => {
            let amount = amount.as_object()?;
            let value = match amount.get("value") {
                None => String::new(),
                Some(value) => value.as_i64()?.to_string(),
            };
            let currency = amount.get("currency").map_or(Some(""), Value::as_str)?;
            (value, currency.to_owned())
        }
    };
    (!currency.contains(':')).then_some(())?;
    let success = text("success", true).filter(|text| ["true", "false"].contains(&&**text))?;
    let parts = [
        code("pspReference", true)?,
        code("originalReference", false)?,
        code("merchantAccountCode", true)?,
        text("merchantReference", false)?,
        value,
        currency,
        code("eventCode", true)?,
        success,
    ];
    Some(parts.join(":"))
}

fn naive(body: &Value) -> Option<()> {
    let items = body.get("notificationItems")?.as_array()?;
    let mut seen = Vec::new();
    for place in items {
        let item = place.get("NotificationRequestItem")?;
        let signed = joined(item)?;
        let signature = item.get("additionalData")?.get("hmacSignature")?.as_str()?;
        (signature == mac(&signed, KEY) && !seen.contains(&signed)).then_some(())?;
        seen.push(signed);
    }
    (!seen.is_empty()).then_some(())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => "[A-Za-z0-9]{1,4}".prop_map(Value::from),
        1 => select(vec![json!(""), json!("a:b"), json!("\\:"), json!("é\"")]),
        1 => select(vec![json!(null), json!(7), json!(true), json!([]), json!({})]),
    ]
}

fn item() -> impl Strategy<Value = Value> {
    let maybe = || proptest::option::weighted(0.9, value());
    let amount = prop_oneof![
        4 => (-9_i64..9, "[A-Z]{3}").prop_map(|(value, currency)| json!({ "value": value, "currency": currency })),
        1 => select(vec![json!({}), json!({ "value": "7" }), json!({ "value": 1.5 }), json!(null)]),
    ];
    let success =
        select(vec![json!("true"), json!("false"), json!("true"), json!(true), json!("")]);
    let rest =
        (maybe(), maybe(), maybe(), value(), proptest::option::weighted(0.8, amount), success);
    (value(), rest, select(vec![KEY, KEY, KEY, KEY, NOBODYS])).prop_map(
        |(psp, (original, account, reference, event, amount, success), key)| {
            let mut item = json!({ "pspReference": psp, "eventCode": event, "success": success });
            for (name, value) in [
                ("originalReference", original),
                ("merchantAccountCode", account),
                ("merchantReference", reference),
                ("amount", amount),
            ] {
                if let Some(value) = value {
                    item[name] = value;
                }
            }
            let signed = joined(&item).unwrap_or_default();
            item["additionalData"] = json!({ "hmacSignature": mac(&signed, key), "more": [1] });
            json!({ "NotificationRequestItem": item })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn agrees_with_the_naive_verifier(
        items in proptest::collection::vec(item(), 0..3),
        twice: bool,
        pretty: bool,
    ) {
        let mut items = items;
        if twice {
            items.extend(items.first().cloned());
        }
        let body = json!({ "live": "false", "notificationItems": items });
        let text = if pretty { format!("{body:#}") } else { body.to_string() };
        let (headers, uri) = (http::HeaderMap::new(), http::Uri::from_static("/"));
        let head = Head::new(&http::Method::POST, &uri, &headers);
        let ours = verify(&policy(), &head, text.as_bytes(), std::time::Duration::ZERO);
        prop_assert_eq!(ours.is_ok(), naive(&body).is_some(), "{} {:?}", text, ours);
    }
}
