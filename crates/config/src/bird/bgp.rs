//! `local` and `neighbor` of a session.

use godwit_filter::Diagnostic;

use super::Reader;
use super::draft::{PeerType, Remote, Session};
use crate::lang::{Parsed, Tok};
use crate::model::BgpConfig;

impl Reader<'_> {
    /// `[IP['%'IF]] [port N] [as N]`, after `local`.
    pub(super) fn local(&mut self, config: &mut BgpConfig, session: &mut Session) -> Parsed<()> {
        if self.at_address() {
            let (address, interface) = self.zoned_address()?;
            config.local_address = Some(address);
            if interface.is_some() {
                session.interface = interface;
            }
        }
        loop {
            if self.l.eat_word("as") {
                config.local_as = self.number()?;
            } else if self.l.eat_word("port") {
                config.local_port = self.port()?;
            } else if self.l.at(";") {
                return Ok(());
            } else {
                return Err(self.l.unexpected(&["'as'", "'port'", "';'"]));
            }
        }
    }

    /// `[IP['%'IF] | range NET] [port N] [as N] [internal|external]`, after `neighbor`.
    pub(super) fn neighbor(&mut self, config: &mut BgpConfig, session: &mut Session) -> Parsed<()> {
        let span = self.l.span();
        let remote = if self.l.eat_word("range") {
            Some(Remote::Range(self.prefix()?))
        } else if self.at_address() {
            let (address, interface) = self.zoned_address()?;
            if interface.is_some() {
                session.interface = interface;
            }
            Some(Remote::Address(address))
        } else if matches!(self.l.tok(), Tok::Text(_)) {
            return Err(self.l.unexpected(&["an address"]));
        } else {
            None
        };
        if remote.is_some() {
            if session.remote.is_some() {
                let message = "Only one neighbor per BGP instance is allowed";
                return Err(Diagnostic::error(span, message));
            }
            session.remote = remote;
        }
        loop {
            if self.l.eat_word("as") {
                session.remote_as = Some(self.number()?);
            } else if self.l.eat_word("port") {
                config.neighbor_port = self.port()?;
            } else if self.l.eat_word("internal") {
                session.peer_type = Some(PeerType::Internal);
            } else if self.l.eat_word("external") {
                session.peer_type = Some(PeerType::External);
            } else if self.l.eat_word("onlink") {
                config.onlink = true;
            } else if self.l.at(";") {
                return Ok(());
            } else {
                return Err(self.l.unexpected(&["'as'", "'port'", "'internal'", "'external'", "';'"]));
            }
        }
    }

    fn port(&mut self) -> Parsed<u16> {
        Ok(self.number_in(1, u16::MAX.into(), "Invalid port number")? as u16)
    }
}
