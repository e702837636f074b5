//! Sizes and auto traits that users lean on.

use bytes::Bytes;
use http_body_util::Full;
use rempart_core::{
    ClientAddr, ClientAddrLayer, ClientAddrService, Event, KeyId, Live, ManualClock, Observers,
    PolicyName, Problem, Refusal, Renderer, RequestBody, ResponseBody, Source, TrustedProxies,
};

#[test]
fn layers_are_a_word_and_everything_crosses_threads() {
    fn size<T: Clone + Send + Sync + 'static>() -> usize {
        size_of::<T>()
    }
    fn crosses<T: Send + Sync + 'static>() {}
    let word = size_of::<usize>();
    assert_eq!(size::<ClientAddrLayer>(), word);
    assert_eq!(size::<ClientAddrService<()>>(), word);
    assert_eq!(size::<TrustedProxies>(), word);
    assert_eq!(size::<Live<String>>(), word);
    assert_eq!(size::<Observers>(), 2 * word);
    assert_eq!(size::<Renderer>(), 2 * word);
    crosses::<(Event<'static>, ClientAddr, PolicyName, KeyId)>();
    crosses::<(Problem, Refusal, ManualClock, Source<u8>)>();
    crosses::<(RequestBody<Full<Bytes>>, ResponseBody<Full<Bytes>>)>();
}
