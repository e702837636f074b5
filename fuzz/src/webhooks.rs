//! What the example service reads of the requests that providers send.

use rempart::keys::Secret;
use rempart::signature::{Message as Signed, Scheme};
use serde_json::{Value, json};

use self::call::Call;
use self::message::Message;

#[path = "../../examples/drain-fortin/src/call.rs"]
mod call;
#[path = "../../examples/drain-fortin/src/message.rs"]
mod message;

/// What is kept of a report is what stands in it, and no more than was sent; written out again it
/// is read the same.
pub(crate) fn vapi_report(data: &[u8]) {
    let Ok(Some(call)) = Call::of_message(data) else { return };
    assert!((1..=128).contains(&call.id.len()));
    assert!(call.received.is_empty(), "the sender set the time of arrival");
    let Call { started, ended, ended_reason, customer, summary, transcript, .. } = &call;
    let optional = [started, ended, ended_reason, customer, summary, transcript];
    let kept: usize = optional.into_iter().flatten().map(String::len).sum();
    assert!(call.id.len() + kept <= data.len());

    // Not every report is a tree: what is skipped may nest more deeply than one may.
    if let Ok(tree) = serde_json::from_slice::<Value>(data) {
        let message = &tree["message"];
        let text = |places: [&str; 2]| {
            let found = places.iter().find_map(|place| message.pointer(place)?.as_str());
            found.map(str::to_owned)
        };
        assert_eq!(message["type"], "end-of-call-report");
        assert_eq!(message["call"]["id"], *call.id);
        assert_eq!(message["startedAt"].as_str(), started.as_deref());
        assert_eq!(message["endedAt"].as_str(), ended.as_deref());
        assert_eq!(message["endedReason"].as_str(), ended_reason.as_deref());
        let callers = [&message["customer"], &message["call"]["customer"]];
        let caller = callers.into_iter().find(|caller| !caller.is_null());
        assert_eq!(caller.and_then(|caller| caller["number"].as_str()), customer.as_deref());
        assert_eq!(text(["/analysis/summary", "/summary"]), *summary);
        assert_eq!(text(["/artifact/transcript", "/transcript"]), *transcript);
    }

    let again = json!({ "message": {
        "type": "end-of-call-report", "startedAt": started, "endedAt": ended,
        "endedReason": ended_reason, "call": { "id": call.id, "customer": { "number": customer } },
        "analysis": { "summary": summary }, "artifact": { "transcript": transcript },
    }});
    assert_eq!(Call::of_message(again.to_string().as_bytes()).ok().flatten(), Some(call));
}

/// What is kept of a form is what was signed of it, and bounded by it; written out again it is read
/// the same.
pub(crate) fn twilio_form(data: &[u8]) {
    let pairs: Vec<_> = form_urlencoded::parse(data).collect();
    let rewritten = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    // The signature is over bytes, what is read is text: the same, but where it is no text.
    if !rewritten.contains("%EF%BF%BD") {
        assert_eq!(signature(data), signature(rewritten.as_bytes()));
    }

    let Some(message) = Message::of_form(data) else { return };
    assert!((1..=128).contains(&message.id.len()));
    assert!(message.received.is_empty(), "the sender set the time of arrival");
    let Message { id, sender, receiver, body, media, .. } = &message;
    // A byte that is no text is read as a character of three.
    assert!(id.len() + sender.len() + receiver.len() + body.len() <= 3 * data.len());
    let media = media.to_string();
    let fields = [
        ("MessageSid", id),
        ("From", sender),
        ("To", receiver),
        ("Body", body),
        ("NumMedia", &media),
    ];
    for (name, kept) in fields {
        let mut sent = pairs.iter().filter(|(sent, _)| sent == name).map(|(_, value)| value);
        match sent.next() {
            None => assert!(kept.is_empty() || (name, &**kept) == ("NumMedia", "0"), "{name}"),
            // `+1` and `01` are numbers as well.
            Some(value) if name == "NumMedia" => assert_eq!(value.parse(), Ok(message.media)),
            Some(value) => assert_eq!(value, kept),
        }
        assert_eq!(sent.next(), None, "{name} was sent twice, and one of them kept");
    }
    let again = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    assert_eq!(Message::of_form(again.as_bytes()), Some(message.clone()));
    assert_eq!(Message::of_form(rewritten.as_bytes()), Some(message));
}

/// What Twilio's scheme signs of a form, if it does.
fn signature(form: &[u8]) -> Option<String> {
    let secret = Secret::new("made-up-for-fuzzing-0123456789abcdef").expect("a secret");
    let time = std::time::Duration::from_secs(1_800_000_000);
    let message = Signed::new(form, time).url("https://hooks.example.com/in");
    let headers = Scheme::twilio().sign(&secret, &message).ok()?;
    Some(headers["x-twilio-signature"].to_str().expect("Base64").to_owned())
}
