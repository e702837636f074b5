//! The two bodies that layers put around those of their service.

mod request;
mod response;

pub use self::request::RequestBody;
pub use self::response::ResponseBody;
