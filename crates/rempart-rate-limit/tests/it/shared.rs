//! Limits that instances share, on a server of each test's own.
#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unchecked_time_subtraction,
    reason = "a test that fails in these ways has failed, as it should"
)]

mod alone;
mod chaos;
mod counts;
mod denied;
mod given_back;
mod in_process;
mod layered;
mod layers;
mod leased;
mod numbers;
mod parity;
mod rig;
mod settled;
mod supplied;
mod together;
mod twins;
mod wrong;
