//! The readiness and liveness probes of calico-node.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use godwit_lab::text;

use crate::calicoctl::node_status;
use crate::scene::Family;
use crate::wire::Connection;

/// Why a node is not ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NotReady {
    /// These peers are not Established, in the order they are listed.
    Peers(Vec<String>),
    /// No peer at all is.
    NoPeer,
    /// Routes of before the restart are still waited for.
    GracefulRestart,
}

/// `-bird-ready`, `-bird6-ready`. `young`: the node started less than the threshold ago.
pub(crate) fn ready(socket: &Path, family: Family, young: bool) -> Result<Result<(), NotReady>> {
    let peers = node_status(socket, family)?;
    let waiting: Vec<String> =
        peers.iter().filter(|p| p.bgp_state != "Established").map(|p| p.address.clone()).collect();
    if peers.is_empty() {
        return Ok(Ok(()));
    }
    if !young {
        let any = waiting.len() < peers.len();
        return Ok(if any { Ok(()) } else { Err(NotReady::NoPeer) });
    }
    if !waiting.is_empty() {
        return Ok(Err(NotReady::Peers(waiting)));
    }
    Ok(if restarting(socket)? { Err(NotReady::GracefulRestart) } else { Ok(()) })
}

/// Whether `show status`, on a connection of its own, tells of a graceful restart.
pub(crate) fn restarting(socket: &Path) -> Result<bool> {
    let mut connection = Connection::open(socket)?;
    connection.send("show status")?;
    let mut restarting = false;
    loop {
        let line = connection.line()?;
        match line.get(..4) {
            Some("0024") => restarting = true,
            Some("0001" | "1000" | "1011") => {}
            Some("0013") => return Ok(restarting),
            _ if line.starts_with(' ') => {}
            _ => bail!("unexpected output line: {line:?}"),
        }
    }
}

/// `-bird-live`, the half that asks the daemon: what a client prints of `show status` begins with its greeting.
pub(crate) fn live(birdcl: &Path, socket: &Path) -> Result<()> {
    let mut command = Command::new(birdcl);
    command.arg("-s").arg(socket).args(["show", "status"]).stdin(Stdio::null());
    let output = command.output().with_context(|| format!("{}", birdcl.display()))?;
    let printed = text(&output.stdout);
    ensure!(output.status.success(), "{}: {printed}{}", output.status, text(&output.stderr));
    ensure!(printed.starts_with("BIRD"), "{printed:?} does not begin with BIRD");
    Ok(())
}

/// What runit says of a service.
pub(crate) fn service_status(services: &Path, name: &str) -> Result<String> {
    let output = Command::new("sv").arg("status").arg(services.join(name)).output()?;
    Ok(text(&output.stdout))
}

/// `-bird-live` and `-confd-live`, the half that asks runit: the service's line begins with `run`.
pub(crate) fn service_runs(services: &Path, name: &str) -> Result<()> {
    let printed = service_status(services, name)?;
    ensure!(printed.starts_with("run"), "sv status {name}: {printed:?}");
    Ok(())
}
