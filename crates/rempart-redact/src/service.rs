use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use crate::ResponseFuture;
use crate::entry::Entry;
use crate::layer::Settings;

/// Logs each request when it is answered: one `tracing` event at INFO, target `rempart::access`.
///
/// Fields: `outcome` (`answered`, `failed`, or `dropped` when the client left first),
/// `http.request.method`, `http.route` (`unmatched` if no router knew the path),
/// `url.query.names`, `http.response.status_code`, `client.address`, `request.id`, `elapsed_us`, and
/// `refused.kind`, `refused.reason`, `refused.policy` if a layer inside refused. Of the path, the
/// query's values, the headers and the bodies nothing is logged at all.
#[derive(Clone, Debug)]
pub struct AccessLog<S> {
    pub(crate) inner: S,
    pub(crate) settings: Arc<Settings>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for AccessLog<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let entry = Entry::enabled().then(|| Entry::of(&request, Arc::clone(&self.settings)));
        ResponseFuture::new(self.inner.call(request), entry)
    }
}
