//! Network namespaces and the cables between them.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::command::{need_root, run};
use crate::{unique, until};

/// A network namespace with its loopback up.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes one; `label` is part of its unique name.
    ///
    /// # Errors
    /// The kernel or iproute2 refuses.
    pub fn new(label: &str) -> Result<Self> {
        need_root()?;
        let name = unique(label);
        run("ip", &["netns", "add", &name])?;
        let namespace = Self { name };
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip` in it.
    ///
    /// # Errors
    /// As [`run`].
    pub fn ip(&self, args: &[&str]) -> Result<String> {
        run("ip", &[&["-n", &self.name], args].concat())
    }

    /// The kernel's routes to a prefix, a line each, as `ip route` prints them; empty if there is none.
    pub fn routes(&self, prefix: &str) -> Vec<String> {
        self.routes_in("main", prefix)
    }

    /// The same for a table other than the main one.
    pub fn routes_in(&self, table: &str, prefix: &str) -> Vec<String> {
        let family = if prefix.contains(':') { "-6" } else { "-4" };
        // A table that never had a route does not exist.
        let all = self.ip(&[family, "route", "show", "table", table]).unwrap_or_default();
        let about = |line: &&str| line.split_whitespace().any(|word| word == prefix);
        all.lines().filter(about).map(|line| line.trim().to_owned()).collect()
    }

    /// Runs a program in it to its end.
    ///
    /// # Errors
    /// As [`run`].
    pub fn run(&self, program: &str, args: &[&str]) -> Result<String> {
        run("ip", &[&["netns", "exec", &self.name, program], args].concat())
    }

    /// A command that will run in it. `ip netns exec` becomes the program, so its id is the program's.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program.as_ref());
        command
    }

    /// Makes an interface of type `dummy`, up, with addresses (with prefix length).
    ///
    /// # Errors
    /// As [`run`].
    pub fn dummy(&self, name: &str, addresses: &[&str]) -> Result<()> {
        self.ip(&["link", "add", name, "type", "dummy"])?;
        self.bring_up(name, addresses)
    }

    /// Joins two namespaces by a veth pair and gives its ends addresses (with prefix length).
    ///
    /// # Errors
    /// As [`run`].
    pub fn join(a: (&Self, &str, &[&str]), b: (&Self, &str, &[&str])) -> Result<()> {
        run(
            "ip",
            &[
                "link", "add", a.1, "netns", &a.0.name, "type", "veth", "peer", "name", b.1, "netns",
                &b.0.name,
            ],
        )?;
        for (namespace, device, addresses) in [a, b] {
            namespace.bring_up(device, addresses)?;
        }
        Ok(())
    }

    /// Leaves an interface without a link-local address, now and later: for sessions with a neighbor that knows no
    /// interfaces (bgpd without zebra). It takes routes with a link-local next hop for withdrawn.
    ///
    /// # Errors
    /// As [`run`].
    pub fn no_link_local(&self, device: &str) -> Result<()> {
        self.ip(&["link", "set", "dev", device, "addrgenmode", "none"])?;
        self.ip(&["-6", "addr", "flush", "dev", device, "scope", "link"]).map(drop)
    }

    /// Gives an interface this link-local address, with its length, and no other: of two, another than the neighbor knows
    /// may be where connections come from.
    ///
    /// # Errors
    /// As [`run`].
    pub fn link_local(&self, device: &str, address: &str) -> Result<()> {
        self.no_link_local(device)?;
        self.ip(&["addr", "add", address, "dev", device, "nodad"]).map(drop)
    }

    /// Waits until the link-local address that the kernel makes up for an interface can be used.
    ///
    /// # Errors
    /// There is none.
    pub fn has_link_local(&self, device: &str) -> Result<()> {
        until(&format!("the link-local address of {device}"), || {
            let shown = self.ip(&["-6", "addr", "show", "dev", device, "scope", "link"]);
            shown.is_ok_and(|shown| shown.contains("fe80") && !shown.contains("tentative"))
        })
        .map(drop)
    }

    fn bring_up(&self, device: &str, addresses: &[&str]) -> Result<()> {
        for address in addresses {
            let mut args = vec!["addr", "add", *address, "dev", device];
            // Without duplicate address detection an IPv6 address can be used at once.
            if address.contains(':') {
                args.push("nodad");
            }
            self.ip(&args)?;
        }
        self.ip(&["link", "set", device, "up"])?;
        Ok(())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = run("ip", &["netns", "del", &self.name]);
    }
}
