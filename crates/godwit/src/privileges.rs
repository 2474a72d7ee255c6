//! `-u` and `-g`: another user, who may still do what a router has to.

use std::collections::HashSet;

use anyhow::{Context, anyhow};
use caps::{CapSet, Capability};
use nix::unistd::{Group, User, setgid, setgroups, setuid};

/// What the daemon needs of root's powers: kernel routes, port 179, raw options of sockets.
const KEPT: [Capability; 3] =
    [Capability::CAP_NET_ADMIN, Capability::CAP_NET_BIND_SERVICE, Capability::CAP_NET_RAW];

/// Becomes another user and group.
///
/// # Errors
/// There is no such user or group, or we may not become it.
pub(crate) fn drop_to(user: Option<&str>, group: Option<&str>) -> anyhow::Result<()> {
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    let kept: HashSet<Capability> = KEPT.into_iter().collect();
    if let Some(name) = group {
        let group = Group::from_name(name)?.ok_or_else(|| anyhow!("there is no group {name}"))?;
        setgroups(&[]).context("cannot leave the other groups")?;
        setgid(group.gid).with_context(|| format!("cannot become group {name}"))?;
    }
    if let Some(name) = user {
        let user = User::from_name(name)?.ok_or_else(|| anyhow!("there is no user {name}"))?;
        caps::securebits::set_keepcaps(true).context("cannot keep capabilities")?;
        setuid(user.uid).with_context(|| format!("cannot become user {name}"))?;
        caps::set(None, CapSet::Permitted, &kept).context("cannot keep the network capabilities")?;
        caps::set(None, CapSet::Effective, &kept).context("cannot keep the network capabilities")?;
    }
    Ok(())
}
