use std::net::{IpAddr, SocketAddr};

use http::Extensions;

/// The address at the other end of the connection: the client's, or the last proxy's.
///
/// An extension that whoever accepts connections puts into each request. With the feature `axum`
/// or `tonic` there is nothing to set: theirs is read (`ConnectInfo<SocketAddr>`, `TcpConnectInfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

impl PeerAddr {
    /// The peer of the request that carries these extensions, if somebody has said it.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<IpAddr> {
        let peer = extensions.get::<Self>().map(|peer| peer.0);
        #[cfg(feature = "axum")]
        let peer = peer.or_else(|| {
            use axum::extract::ConnectInfo;
            extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0)
        });
        #[cfg(feature = "tonic")]
        let peer = peer.or_else(|| {
            use tonic::transport::server::TcpConnectInfo;
            extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr)
        });
        peer.map(|peer| peer.ip())
    }
}
