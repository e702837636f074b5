use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, ConnectionInfo, IntoConnectionInfo};
use tokio::runtime::Handle;

use super::ConnectError;

/// Makes a connection to `redis://[user:password@]host[:port][/database]`, or `unix:///path`, set
/// up for limits: it is opened by the first request, and again within a quarter of a second of a
/// lost server's return. One connection serves all requests at once.
///
/// Any other connection that [`SharedStore::builder`](super::SharedStore::builder) takes is to be
/// set up alike: a short delay between attempts, `TCP_NODELAY`, and an end to connections on
/// which nothing is acknowledged.
///
/// # Errors
///
/// [`ConnectError::Address`] if the text is no such address, [`ConnectError::NoRuntime`] outside
/// of a Tokio runtime.
pub fn connect(address: &str) -> Result<ConnectionManager, ConnectError> {
    Handle::try_current().map_err(|_| ConnectError::NoRuntime)?;
    let info = address.into_connection_info().map_err(|_| ConnectError::Address)?;
    let client = Client::open(set_up(info)).map_err(|_| ConnectError::Address)?;
    // Whoever asks measures the time of it. What cannot be sent is not kept for later.
    let config = ConnectionManagerConfig::new()
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(100))
        .set_number_of_retries(RETRIES)
        .set_connection_timeout(Some(Duration::from_millis(250)))
        .set_response_timeout(None);
    ConnectionManager::new_lazy_with_config(client, config).map_err(|_| ConnectError::Address)
}

fn set_up(info: ConnectionInfo) -> ConnectionInfo {
    let settings = TcpSettings::default().set_nodelay(true);
    // A peer that vanished without a word is given up after a second, not after a quarter of an
    // hour.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(Duration::from_secs(1));
    info.set_tcp_settings(settings)
}

/// As many as ten minutes have room for. A request that comes after them begins anew; without an
/// end, they would outlive a store that nobody has any more.
const RETRIES: usize = 6_000;
