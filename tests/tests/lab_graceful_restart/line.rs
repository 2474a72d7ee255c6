//! Two routers between two hosts, each reached only by what the routers tell each other. Either of them, or both,
//! go without a word and come back, while packets go through their kernels.

use anyhow::{Context as _, Result, ensure};
use godwit_lab::flow::{End, Flow, OFTEN};
use godwit_lab::rack::forwarder;
use godwit_lab::{Namespace, until};

use crate::ends::{FAR, Make, NEAR, SIDES, Says, Speaker};
use crate::lab::{Monitor, addresses_settle};

/// The line.
pub(crate) struct Line {
    near: Namespace,
    far: Namespace,
    machines: [Namespace; 2],
    pub(crate) speakers: [Speaker; 2],
}

impl Line {
    /// Starts both routers and waits until all is told.
    pub(crate) fn new(makes: [Make; 2], says: [Says; 2]) -> Result<Self> {
        let [near, far] = [Namespace::new("near")?, Namespace::new("far")?];
        let machines = [forwarder("own")?, forwarder("tor")?];
        let [own, tor] = &machines;
        let hosts = (&near, "veth0", &["10.1.0.2/24", "2001:db8:1::2/64"][..]);
        Namespace::join(hosts, (own, "vnear", &["10.1.0.1/24", "2001:db8:1::1/64"]))?;
        let hosts = (&far, "veth0", &["10.2.0.2/24", "2001:db8:20::2/64"][..]);
        Namespace::join(hosts, (tor, "vfar", &["10.2.0.1/24", "2001:db8:20::1/64"]))?;
        let right = (tor, "vtor", &["192.0.2.2/24", "2001:db8:2::2/64"][..]);
        Namespace::join((own, "vown", &["192.0.2.1/24", "2001:db8:2::1/64"]), right)?;
        for (host, gateways) in
            [(&near, ["10.1.0.1", "2001:db8:1::1"]), (&far, ["10.2.0.1", "2001:db8:20::1"])]
        {
            host.ip(&["route", "add", "default", "via", gateways[0]])?;
            host.ip(&["-6", "route", "add", "default", "via", gateways[1]])?;
        }
        addresses_settle(&[&near, own, tor, &far])?;
        let speakers = [
            Speaker::start(makes[NEAR], NEAR, says[NEAR], own)?,
            Speaker::start(makes[FAR], FAR, says[FAR], tor)?,
        ];
        let line = Self { near, far, machines, speakers };
        line.converged(true)?;
        Ok(line)
    }

    pub(crate) fn logs(&self) -> String {
        let [near, far] = &self.speakers;
        format!("{:?}:\n{}\nits neighbor, {:?}:\n{}", near.make, near.log(), far.make, far.log())
    }

    /// Waits until both are up and done, and have each other's nets in their kernels; the extra ones too, or not.
    pub(crate) fn converged(&self, extra: bool) -> Result<()> {
        for (side, speaker) in self.speakers.iter().enumerate() {
            let what = format!("{:?} to be up and done", speaker.make);
            until(&what, || speaker.is_done()).with_context(|| self.logs())?;
            let other = &SIDES[1 - side];
            for net in other.nets {
                until(&format!("{net} in the kernel of {:?}", speaker.make), || self.has(side, net))
                    .with_context(|| self.logs())?;
            }
            for net in other.extra {
                let what = format!("{net} in the kernel of {:?}: {extra}", speaker.make);
                until(&what, || self.has(side, net) == extra).with_context(|| self.logs())?;
            }
        }
        Ok(())
    }

    /// Whether a kernel has a route.
    pub(crate) fn has(&self, side: usize, net: &str) -> bool {
        !self.machines[side].routes(net).is_empty()
    }

    /// What happens to both kernels' routes from now on.
    pub(crate) fn watch(&self) -> Result<[Monitor; 2]> {
        Ok([Monitor::start(&self.machines[NEAR])?, Monitor::start(&self.machines[FAR])?])
    }

    /// Packets between the hosts, 1,000 in a second in each family.
    pub(crate) fn flows(&self, what: &str) -> Result<[Flow; 2]> {
        let near = End { namespace: &self.near, addresses: ["10.1.0.2", "2001:db8:1::2"] };
        let far = End { namespace: &self.far, addresses: ["10.2.0.2", "2001:db8:20::2"] };
        Flow::both_every(OFTEN, what, near, far)
    }

    /// Ends some without a word; who is left notices.
    pub(crate) fn kill(&mut self, sides: &[usize]) -> Result<()> {
        for side in sides {
            self.speakers[*side].kill();
        }
        for (side, speaker) in self.speakers.iter().enumerate() {
            if !sides.contains(&side) && !speaker.is_away() {
                until(&format!("{:?} to notice", speaker.make), || speaker.keeps())
                    .with_context(|| self.logs())?;
            }
        }
        Ok(())
    }

    /// Starts one that was ended.
    pub(crate) fn start_again(&mut self, side: usize, says: Says) -> Result<()> {
        self.speakers[side].start_again(says, &self.machines[side])
    }

    /// Whether a router's own kernel has lost no route of a host.
    pub(crate) fn nothing_deleted(&self, monitors: &[Monitor; 2]) -> Result<()> {
        for (side, monitor) in monitors.iter().enumerate() {
            let nets = SIDES[1 - side].nets;
            let deleted: Vec<_> =
                monitor.deleted().into_iter().filter(|net| nets.contains(&net.as_str())).collect();
            ensure!(deleted.is_empty(), "{deleted:?}: {}{}", monitor.log(), self.logs());
        }
        Ok(())
    }
}
