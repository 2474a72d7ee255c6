//! Route reflection (RFC 4456) and route servers (RFC 7947) between real speakers: what arrives, and with what.

mod lan;
mod levels;
mod loops;
mod nine;
mod route_server;
mod told;
mod two;
