use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::fault::Fault;
use crate::guard::Claims;
use crate::store::Access;

/// `POST /auth/logout`
///
/// What is answered with success is on the disk: a restart revives neither of the tokens.
pub(crate) async fn logout(State(app): State<App>, claims: Claims) -> Result<StatusCode, Fault> {
    // Every token that is minted here has an identifier.
    let id = claims.id().ok_or(Fault::Internal)?.to_owned();
    let access = Access { id, ends: claims.expires_at() };
    app.store.sign_out(access, app.clock.unix()).await?;
    Ok(StatusCode::NO_CONTENT)
}
