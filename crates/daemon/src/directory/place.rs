//! Where a socket listens.

use std::io;
use std::net::SocketAddr;

use godwit_config::{BgpConfig, ListenConfig, Neighbor};

use crate::links::{LinkTable, is_link_local};

/// A listening socket: its address, and for one of the link alone its interface.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) interface: Option<String>,
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        Self { address, interface: None }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.address.ip())?;
        if let Some(interface) = &self.interface {
            write!(f, "%{interface}")?;
        }
        write!(f, " port {}", self.address.port())
    }
}

impl Place {
    /// Where the neighbors of a session find us.
    pub(crate) fn of(bgp: &BgpConfig, listen: Option<&ListenConfig>) -> Self {
        let address = bgp.listen_address(listen);
        let interface = match &bgp.neighbor {
            Neighbor::Address { interface, .. } => interface,
            Neighbor::Range(_) => &bgp.range_interface,
        };
        Self { address, interface: interface.clone().filter(|_| is_link_local(address.ip())) }
    }

    /// What a socket is bound to.
    pub(crate) fn resolve(&self, links: &LinkTable) -> io::Result<SocketAddr> {
        let mut address = self.address;
        if let (SocketAddr::V6(v6), Some(name)) = (&mut address, &self.interface) {
            let link = links.by_name(name);
            let missing = || io::Error::new(io::ErrorKind::NotFound, format!("there is no interface {name}"));
            v6.set_scope_id(link.ok_or_else(missing)?.index);
        }
        Ok(address)
    }
}
