//! Every line of the policy, driven with real HTTP, good and hostile.
//!
//! The tour starts the service as it is, twice, on free ports and over a folder of its own: once
//! behind a proxy that it trusts, so that each row comes from an address of its own, and once
//! trusting nobody. The clock of both stands still unless a row moves it, so that no row depends
//! on how fast the machine is.

mod admin;
mod alerts;
mod ask;
mod cors;
mod forge;
mod headers;
mod limits;
mod logging;
mod metrics;
mod rotation;
mod rule;
mod secrets;
mod sessions;
mod stage;
mod table;
mod tally;
mod tokens;
mod webhooks;

use std::io;

use thiserror::Error;

pub use self::rule::Rule;
use self::stage::Stage;
pub use self::table::{Kind, Row, Table};
use crate::{ConfigErrors, Part, StartError};

/// Drives every line of the policy; `without` leaves a layer out, to see what it is for.
///
/// # Errors
///
/// The service did not start, which says nothing about the policy.
pub async fn tour(without: Option<Part>) -> Result<Table, TourError> {
    let mut stage = Stage::set(without).await?;
    let mut table = Table::default();
    cors::rows(&mut stage, &mut table).await;
    limits::rows(&mut stage, &mut table).await;
    webhooks::rows(&mut stage, &mut table).await;
    headers::rows(&mut stage, &mut table).await;
    secrets::rows(&mut stage, &mut table).await;
    tokens::rows(&mut stage, &mut table).await;
    admin::rows(&mut stage, &mut table).await;
    sessions::rows(&mut stage, &mut table).await;
    rotation::rows(&mut stage, &mut table).await;
    metrics::rows(&mut stage, &mut table).await;
    alerts::rows(&mut stage, &mut table).await;
    // Last: the log of all of them is searched.
    logging::rows(&mut stage, &mut table).await;
    stage.strike().await;
    Ok(table)
}

/// Why there was no tour.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TourError {
    /// The configuration was refused.
    #[error("the tour's own configuration is refused:\n{0}")]
    Config(#[from] ConfigErrors),
    /// A folder, or randomness, could not be had.
    #[error("the tour cannot be prepared: {0}")]
    Io(#[from] io::Error),
    /// The service did not start.
    #[error(transparent)]
    Start(#[from] StartError),
}
