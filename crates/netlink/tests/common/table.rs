//! A table of the real kernel, kept by a plan.

use anyhow::{Result, ensure};
use godwit_netlink::{Event, Family, Fib, Monitor, Programmer, Wanted, dump};
use ipnetwork::IpNetwork;

use super::MAIN;

/// One family's table with everything that keeps it.
pub struct Table {
    pub fib: Fib,
    pub family: Family,
    number: u32,
    programmer: Programmer,
    monitor: Monitor,
}

impl Table {
    /// The main table of a family, after its first dump.
    pub async fn main(family: Family) -> Result<Self> {
        Self::numbered(family, MAIN).await
    }

    /// Any table.
    pub async fn numbered(family: Family, number: u32) -> Result<Self> {
        let (programmer, monitor) = (Programmer::open()?, Monitor::open()?);
        let fib = Fib::new(number, family, 0, false);
        let mut table = Self { fib, family, number, programmer, monitor };
        table.resync().await?;
        table.fib.feed_complete();
        Ok(table)
    }

    /// Reads the table again.
    pub async fn resync(&mut self) -> Result<()> {
        let routes = dump::routes(self.family, self.number, Some(godwit_netlink::PROTOCOL_BIRD)).await?;
        self.fib.begin_resync();
        for route in &routes {
            let _ = self.fib.observe(route, false);
        }
        let _ = self.fib.end_resync();
        Ok(())
    }

    /// Sets what a net's route is to be and carries it out. The error number of a refusal.
    pub async fn set(&mut self, net: IpNetwork, wanted: Option<Wanted>) -> Result<Option<i32>> {
        self.fib.want(net, wanted);
        Ok(self.program().await?.pop())
    }

    /// Carries out all plans. Error numbers of what was refused.
    pub async fn program(&mut self) -> Result<Vec<i32>> {
        let mut codes = Vec::new();
        while self.fib.has_plan() {
            let operations = self.fib.plan(1000);
            let refused = self.programmer.apply(&operations).await?;
            for (index, operation) in operations.iter().enumerate() {
                let code = refused.iter().find(|(i, _)| *i == index).map(|(_, code)| *code);
                self.fib.result(operation, code);
            }
            codes.extend(refused.into_iter().map(|(_, code)| code));
        }
        Ok(codes)
    }

    /// Reads news until one of them is `last`, or until some were lost and the table was read again.
    pub async fn hear(&mut self, last: impl Fn(&Event) -> bool) -> Result<()> {
        loop {
            let mut found = false;
            for event in self.monitor.next().await? {
                match &event {
                    Event::Route(route) => drop(self.fib.observe(route, false)),
                    Event::RouteGone(route) => drop(self.fib.observe(route, true)),
                    Event::Overrun => self.resync().await?,
                    _ => {}
                }
                found |= last(&event) || event == Event::Overrun;
            }
            if found {
                return Ok(());
            }
        }
    }

    /// Fails unless the kernel has what is wanted, as far as it tells.
    pub async fn check(&mut self, what: &str) -> Result<()> {
        let disturbed = self.fib.counters().disturbed;
        self.resync().await?;
        ensure!(!self.fib.has_plan(), "{what}: there is more to do: {:?}", self.fib.plan(10));
        ensure!(self.fib.counters().disturbed == disturbed, "{what}: something is not as it was made");
        Ok(())
    }
}
