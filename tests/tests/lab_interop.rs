//! godwit against other speakers: a test for each, of all features in `tests/interop`. The cells go into the table
//! that `cargo xtask interop` prints.

use anyhow::Result;
use godwit_lab::interop::{Peer, run};

#[test]
fn lab_interop_bird2() -> Result<()> {
    run(Peer::Bird2)
}

#[test]
fn lab_interop_bird16() -> Result<()> {
    run(Peer::Bird16)
}

#[test]
fn lab_interop_frr() -> Result<()> {
    run(Peer::Frr)
}

#[test]
fn lab_interop_gobgp() -> Result<()> {
    run(Peer::GoBgp)
}

#[test]
fn lab_interop_openbgpd() -> Result<()> {
    run(Peer::OpenBgpd)
}

#[test]
fn lab_interop_exabgp() -> Result<()> {
    run(Peer::ExaBgp)
}
