//! Makes every answer that is an error look alike, whichever library gave it.
//!
//! What was refused for its body by a library, or by a handler, becomes an event here.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use rempart_core::{
    ClientAddr, Event, EventKind, Flavour, HttpMethod, Outcome, Refusal, Refused, Renderer,
};

use crate::app::App;
use crate::fault::{Fault, PROBLEM_JSON};

/// Answers with problem details where the service inside answers with any other error.
pub(crate) async fn problems(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Asked {
        method: HttpMethod::of(request.method()),
        client: ClientAddr::of(request.extensions()),
        route: request.extensions().get().cloned(),
    };
    let response = next.run(request).await;
    asked.told(&app, response)
}

/// What an event tells of a request.
struct Asked {
    method: HttpMethod,
    client: Option<ClientAddr>,
    route: Option<MatchedPath>,
}

impl Asked {
    fn told(&self, app: &App, mut response: Response) -> Response {
        // What a layer refused has been told, by the layer.
        if response.extensions().get::<Refused>().is_some() {
            return response;
        }
        let Some(fault) = Fault::of(response.status()) else { return response };
        if let Some(reason) = fault.reason() {
            let event = Event::new(EventKind::Body, Outcome::Refused, &app.names.body)
                .reason(reason)
                .client(self.client)
                .method(self.method)
                .route(self.route.as_ref().map(MatchedPath::as_str));
            app.observers.emit(&event);
            // For the access log, which leaves out what has a line already.
            let refusal = Refusal::new(&fault.problem(), EventKind::Body, reason, app.names.body);
            let refused = refusal.into_response::<Body>(Flavour::Http, &Renderer::default());
            response.extensions_mut().extend(refused.into_parts().0.extensions);
        }
        if response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON) {
            return response;
        }
        // The body is another's; the headers that layers inside have added stay.
        let (parts, body) = fault.into_response().into_parts();
        response.headers_mut().remove(CONTENT_LENGTH);
        for (name, value) in &parts.headers {
            let _ = response.headers_mut().try_insert(name, value.clone());
        }
        *response.status_mut() = parts.status;
        response.map(|_| body)
    }
}
