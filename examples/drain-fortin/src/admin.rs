//! The administration: a listener of its own, and who may use it.
//!
//! A program on this machine may: that is what the loopback address is for. Everybody else brings
//! a bearer token of the role `admin`, and so does whatever only looks like a program on this
//! machine: a request that came through a proxy, and a page that a browser shows and whose name
//! an attacker's DNS has bound to 127.0.0.1.

mod direct;
mod layer;

pub(crate) use self::layer::AdminLayer;
