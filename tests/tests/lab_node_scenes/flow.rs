//! Traffic without a pause, every packet of which is counted.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use godwit_lab::rack::Pod;
use godwit_lab::report::measured;
use godwit_lab::speaker::within;
use godwit_lab::{Namespace, until};

use crate::outside::{BEHIND, Tor};

/// How often a packet is sent.
const INTERVAL: Duration = Duration::from_millis(10);

/// How long the last packets may be on their way.
const LAST: Duration = Duration::from_secs(3);

/// What became of the packets.
#[derive(Clone, Copy, Debug)]
struct Loss {
    sent: usize,
    lost: usize,
    /// The most that were lost one after the other.
    in_a_row: usize,
}

/// Packets from one pod to another, which sends each back.
pub(crate) struct Flow {
    name: String,
    ends: Arc<AtomicBool>,
    /// The sender has seen all or given up.
    over: Arc<AtomicBool>,
    sender: JoinHandle<Vec<bool>>,
    echo: JoinHandle<()>,
}

/// Where packets come from and go to: an address of each family.
#[derive(Clone, Copy)]
pub(crate) struct End<'a> {
    namespace: &'a Namespace,
    addresses: [&'a str; 2],
}

impl<'a> From<&'a Pod> for End<'a> {
    fn from(pod: &'a Pod) -> Self {
        Self { namespace: &pod.namespace, addresses: [&pod.ipv4, &pod.ipv6] }
    }
}

/// What is behind a switch.
impl<'a> From<&'a Tor> for End<'a> {
    fn from(tor: &'a Tor) -> Self {
        Self { namespace: &tor.machine, addresses: BEHIND.map(|(.., address)| address) }
    }
}

impl End<'_> {
    /// One ping, answered within a second.
    fn pings(&self, from: &str, to: &str) -> bool {
        self.namespace.run("ping", &["-n", "-c", "1", "-W", "1", "-I", from, to]).is_ok()
    }
}

fn socket(namespace: &Namespace, address: &str) -> Result<UdpSocket> {
    let address: IpAddr = address.parse()?;
    within(namespace, move || Ok(UdpSocket::bind(SocketAddr::new(address, 0))?))
}

/// Notes which packet has come back.
fn note(seen: &mut [bool], packet: &[u8]) {
    let number = <[u8; 8]>::try_from(packet).map(u64::from_be_bytes);
    if let Some(seen) = number.ok().and_then(|n| seen.get_mut(usize::try_from(n).ok()?)) {
        *seen = true;
    }
}

fn send(socket: &UdpSocket, to: SocketAddr, ends: &AtomicBool) -> Vec<bool> {
    let (mut seen, mut packet) = (Vec::new(), [0; 8]);
    let mut next = Instant::now();
    while !ends.load(Ordering::Relaxed) {
        // What cannot be sent is lost like any other.
        let _ = socket.send_to(&(seen.len() as u64).to_be_bytes(), to);
        seen.push(false);
        next = Instant::now().max(next + INTERVAL);
        while let Some(left) = next.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            let _ = socket.set_read_timeout(Some(left));
            if let Ok((len, _)) = socket.recv_from(&mut packet) {
                note(&mut seen, &packet[..len]);
            }
        }
    }
    let _ = socket.set_read_timeout(Some(Duration::from_millis(50)));
    let deadline = Instant::now() + LAST;
    while seen.contains(&false) && Instant::now() < deadline {
        if let Ok((len, _)) = socket.recv_from(&mut packet) {
            note(&mut seen, &packet[..len]);
        }
    }
    seen
}

fn echo(socket: &UdpSocket, over: &AtomicBool) {
    let mut packet = [0; 8];
    let _ = socket.set_read_timeout(Some(Duration::from_millis(50)));
    while !over.load(Ordering::Relaxed) {
        if let Ok((len, from)) = socket.recv_from(&mut packet) {
            let _ = socket.send_to(&packet[..len], from);
        }
    }
}

impl Flow {
    /// Starts one in each family, once the ends reach each other.
    pub(crate) fn both<'a>(
        name: &str,
        from: impl Into<End<'a>>,
        to: impl Into<End<'a>>,
    ) -> Result<[Self; 2]> {
        let (from, to) = (from.into(), to.into());
        let both: Vec<_> = from.addresses.into_iter().zip(to.addresses).collect();
        for (source, target) in &both {
            until(&format!("{target} to answer {source}"), || from.pings(source, target))?;
        }
        let mut flows = both.into_iter().map(|(source, target)| {
            let (from, to) = (socket(from.namespace, source)?, socket(to.namespace, target)?);
            let (target, ends, over) =
                (to.local_addr()?, Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
            let sender = std::thread::spawn({
                let ends = ends.clone();
                move || send(&from, target, &ends)
            });
            let echo = std::thread::spawn({
                let over = over.clone();
                move || echo(&to, &over)
            });
            Ok(Self { name: format!("{name}, {source} and {}", target.ip()), ends, over, sender, echo })
        });
        let mut next = || flows.next().unwrap_or_else(|| Err(anyhow!("two families")));
        Ok([next()?, next()?])
    }

    /// Ends it and counts.
    fn finish(self) -> Result<Loss> {
        self.ends.store(true, Ordering::Relaxed);
        let seen = self.sender.join().map_err(|_| anyhow!("the sender panicked"))?;
        self.over.store(true, Ordering::Relaxed);
        self.echo.join().map_err(|_| anyhow!("the echo panicked"))?;
        let in_a_row = seen.split(|seen| *seen).map(<[bool]>::len).max().unwrap_or_default();
        let loss = Loss { sent: seen.len(), lost: seen.iter().filter(|seen| !**seen).count(), in_a_row };
        let Loss { sent, lost, in_a_row } = loss;
        let row = if lost == 0 { String::new() } else { format!(", {in_a_row} in a row") };
        measured(&format!("{}: lost {lost} of {sent}{row}", self.name));
        Ok(loss)
    }
}

/// Ends flows, of which none may have lost anything.
pub(crate) fn nothing_lost(flows: impl IntoIterator<Item = Flow>) -> Result<()> {
    lost_at_most(flows, 0)
}

/// Ends flows, each of which may have lost so many packets.
pub(crate) fn lost_at_most(flows: impl IntoIterator<Item = Flow>, allowed: usize) -> Result<()> {
    let flows: Vec<_> = flows.into_iter().collect();
    flows.iter().for_each(|flow| flow.ends.store(true, Ordering::Relaxed));
    for flow in flows {
        let name = flow.name.clone();
        let loss = flow.finish()?;
        ensure!(loss.sent > 100, "{name}: only {} packets were sent", loss.sent);
        ensure!(loss.lost <= allowed, "{name}: {loss:?}");
    }
    Ok(())
}
