use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use rempart_core::EventKind;
use rempart_monitor::Exporter;
use tokio::task::spawn_blocking;

use super::Monitor;
use crate::app::App;
use crate::fault::Fault;

/// `GET /metrics` of the administration, in the text format of Prometheus.
pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, Fault> {
    // It goes through the tables of every limit.
    let text = spawn_blocking(move || app.monitor.render(&app));
    let text = text.await.map_err(|_| Fault::Internal)?;
    Ok(([(CONTENT_TYPE, Exporter::CONTENT_TYPE), (CACHE_CONTROL, "no-store")], text)
        .into_response())
}

impl Monitor {
    /// The figures of this moment, those among them that nobody tells of.
    fn render(&self, app: &App) -> String {
        self.metrics.secret_ages(self.ages(&app.keys));
        self.metrics.config_stale(app.stale());
        self.metrics.tracked_keys(app.limits.tracked());
        let busiest = self.detector.busiest(1);
        self.metrics.top_request_rate(busiest.first().map_or(0.0, |busiest| busiest.rate));
        for kind in EventKind::ALL {
            self.metrics.log_suppressed(*kind, self.log.suppressed(*kind));
        }
        self.metrics.refresh();
        self.exporter.render()
    }
}
