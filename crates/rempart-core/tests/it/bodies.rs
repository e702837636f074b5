//! Bodies: what goes in comes out, with its hints and its trailers.

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full};
use rempart_core::{RequestBody, ResponseBody};
use rempart_testing::{Script, Step};

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    trailers
}

#[tokio::test]
async fn a_passed_body_is_the_inner_one() {
    let script =
        || Script::new().data("a").then(Step::Pending).data("b").then(Step::Trailers(trailers()));
    let response = ResponseBody::inner(script()).collect().await.unwrap();
    assert_eq!(response.trailers(), Some(&trailers()));
    assert_eq!(response.to_bytes(), "ab");
    let request = RequestBody::inner(script()).collect().await.unwrap();
    assert_eq!(request.trailers(), Some(&trailers()));
    assert_eq!(request.to_bytes(), "ab");
    assert_eq!(ResponseBody::inner(Full::from("abc")).size_hint().exact(), Some(3));
    assert_eq!(RequestBody::inner(Full::from("abc")).size_hint().exact(), Some(3));
    assert!(ResponseBody::inner(Empty::<Bytes>::new()).is_end_stream());
    let cut = ResponseBody::inner(Script::new().data("a").then(Step::Cut)).collect().await;
    assert!(cut.is_err());
}

#[tokio::test]
async fn a_full_body_ends_after_its_bytes() {
    let mut body = ResponseBody::<Full<Bytes>>::full(Bytes::from_static(b"no"));
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(2), false));
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "no");
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(0), true));
    assert!(body.frame().await.is_none());
    assert!(ResponseBody::<Full<Bytes>>::empty().is_end_stream());
    assert!(ResponseBody::<Full<Bytes>>::full(Bytes::new()).is_end_stream());
    assert!(ResponseBody::<Full<Bytes>>::default().is_end_stream());
}

#[tokio::test]
async fn a_replay_gives_the_same_frames_and_trailers() {
    let frames = ["ab", "", "c"].map(|text| Bytes::from_static(text.as_bytes()));
    let mut body = RequestBody::<Full<Bytes>>::replay(frames, Some(trailers()));
    let mut seen = Vec::new();
    loop {
        let hint = (body.size_hint().exact(), body.is_end_stream());
        match body.frame().await {
            None => {
                assert_eq!(hint, (Some(0), true));
                break;
            }
            Some(frame) => {
                let frame = frame.unwrap();
                seen.push((
                    hint,
                    frame.into_data().map_err(|frame| frame.into_trailers().unwrap()),
                ));
            }
        }
    }
    let want = vec![
        ((Some(3), false), Ok(Bytes::from_static(b"ab"))),
        ((Some(1), false), Ok(Bytes::from_static(b"c"))),
        ((Some(0), false), Err(trailers())),
    ];
    assert_eq!(seen, want);
    assert!(RequestBody::<Full<Bytes>>::replay([], None).is_end_stream());
}

#[test]
fn no_body_shows_its_content() {
    let text = Bytes::from_static(b"canary-of-the-body");
    let shown = [
        format!("{:?}", ResponseBody::inner(Full::<Bytes>::from(text.clone()))),
        format!("{:?}", ResponseBody::<Full<Bytes>>::full(text.clone())),
        format!("{:?}", RequestBody::inner(Full::<Bytes>::from(text.clone()))),
        format!("{:#?}", RequestBody::<Full<Bytes>>::replay([text.clone()], None)),
    ];
    for output in shown {
        rempart_testing::canary::assert_absent(&output, &text);
    }
}
