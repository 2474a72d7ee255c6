//! Graceful restart (RFC 4724) beside BIRD 2, BIRD 1.6.8 and FRR, over IPv4 and IPv6: godwit as the one that
//! helps and as the one that restarts. What counts is what others see: a third router, the kernels, packets.

mod again;
mod both_active;
mod both_active_frr;
mod ends;
mod helper;
mod lab;
mod line;
mod preserved;
mod restart;
mod shown;
mod traffic;
