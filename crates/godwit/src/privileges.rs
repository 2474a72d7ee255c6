//! `-u` and `-g`: another user, who may still do what a router has to.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, anyhow};
use caps::{CapSet, Capability};
use nix::unistd::{Gid, Group, Uid, User, chown, setgid, setgroups, setuid};

/// What the daemon needs of root's powers: kernel routes, port 179.
const KEPT: [Capability; 2] = [Capability::CAP_NET_ADMIN, Capability::CAP_NET_BIND_SERVICE];

/// Who the daemon is to become.
pub(crate) struct Target {
    user: Option<User>,
    group: Option<Group>,
}

impl Target {
    /// Looks a user and a group up by name or number.
    ///
    /// # Errors
    /// There is no such user or group.
    pub(crate) fn find(user: Option<&str>, group: Option<&str>) -> anyhow::Result<Self> {
        let user = user.map(|name| {
            let found = match name.parse() {
                Ok(id) => User::from_uid(Uid::from_raw(id)),
                Err(_) => User::from_name(name),
            };
            found?.ok_or_else(|| anyhow!("Cannot find user '{name}'"))
        });
        let group = group.map(|name| {
            let found = match name.parse() {
                Ok(id) => Group::from_gid(Gid::from_raw(id)),
                Err(_) => Group::from_name(name),
            };
            found?.ok_or_else(|| anyhow!("Cannot find group '{name}'"))
        });
        Ok(Self { user: user.transpose()?, group: group.transpose()? })
    }

    /// Gives it a file.
    ///
    /// # Errors
    /// We may not.
    pub(crate) fn own(&self, path: &Path) -> anyhow::Result<()> {
        let (user, group) = (self.user.as_ref().map(|u| u.uid), self.group.as_ref().map(|g| g.gid));
        if user.is_none() && group.is_none() {
            return Ok(());
        }
        chown(path, user, group).with_context(|| format!("Cannot change the owner of {}", path.display()))
    }

    /// Becomes it, and keeps what a router needs.
    ///
    /// # Errors
    /// We may not.
    pub(crate) fn become_it(&self) -> anyhow::Result<()> {
        let kept: HashSet<Capability> = KEPT.into_iter().collect();
        if let Some(group) = &self.group {
            setgroups(&[]).context("cannot leave the other groups")?;
            setgid(group.gid).with_context(|| format!("cannot become group {}", group.name))?;
        }
        if let Some(user) = &self.user {
            caps::securebits::set_keepcaps(true).context("cannot keep capabilities")?;
            setuid(user.uid).with_context(|| format!("cannot become user {}", user.name))?;
            caps::set(None, CapSet::Permitted, &kept).context("cannot keep the network capabilities")?;
            caps::set(None, CapSet::Effective, &kept).context("cannot keep the network capabilities")?;
        }
        Ok(())
    }
}
