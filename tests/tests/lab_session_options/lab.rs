//! godwit and one neighbor.

use anyhow::{Context, Result};
use godwit_lab::{Namespace, Program, Router};

/// Where the two are.
pub(crate) struct Place {
    pub(crate) ours: Namespace,
    pub(crate) peer: Namespace,
}

impl Place {
    pub(crate) fn new() -> Result<Self> {
        let (ours, peer) = (Namespace::new("own")?, Namespace::new("peer")?);
        Namespace::join((&ours, "vown", &["192.0.2.1/24"]), (&peer, "vpeer", &["192.0.2.2/24"]))?;
        Ok(Self { ours, peer })
    }

    pub(crate) fn godwit(&self, session: &str, channel: &str, more: &str) -> Result<Router> {
        let config = ours(session, channel, more);
        Router::start(&self.ours, Program::Godwit, &config).context("godwit")
    }

    pub(crate) fn bird(&self, session: &str, channel: &str, more: &str) -> Result<Router> {
        Router::start(&self.peer, Program::Bird2, &theirs(session, channel, more)).context("bird2")
    }
}

/// godwit's configuration: options of the session, of its channel, and other protocols.
pub(crate) fn ours(session: &str, channel: &str, more: &str) -> String {
    format!(
        "log stderr all; debug protocols {{ states, events, packets }}; router id 1.1.1.1; protocol device {{ }}
         {more}
         protocol bgp peer {{ local 192.0.2.1 as 65001; neighbor 192.0.2.2 as 65002; connect delay time 1;
           error wait time 1, 2; {session} ipv4 {{ import all; export all; {channel} }}; }}"
    )
}

/// The neighbor's.
pub(crate) fn theirs(session: &str, channel: &str, more: &str) -> String {
    format!(
        "log stderr all; debug protocols {{ states, events, packets }}; router id 2.2.2.2; protocol device {{ }}
         {more}
         protocol bgp peer {{ local 192.0.2.2 as 65002; neighbor 192.0.2.1 as 65001; connect delay time 1;
           error wait time 1, 2; {session} ipv4 {{ import all; export all; {channel} }}; }}"
    )
}

/// Static routes.
pub(crate) fn routes(nets: &[&str]) -> String {
    let routes = nets.iter().map(|net| format!("route {net} blackhole;")).collect::<Vec<_>>().concat();
    format!("protocol static nets {{ ipv4; {routes} }}\n")
}
