//! Traffic without a pause, every packet of which is counted.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};

use crate::rack::Pod;
use crate::report::measured;
use crate::speaker::within;
use crate::{Namespace, until};

/// How often a packet is sent, unless said otherwise.
const INTERVAL: Duration = Duration::from_millis(10);

/// How often one is sent where the shortest gap counts: 1,000 packets/s.
pub const OFTEN: Duration = Duration::from_millis(1);

/// How long the last packets may be on their way, on a machine that is busy.
const LAST: Duration = Duration::from_secs(10);

/// How many packets that are due go out at once, after the machine has been busy; what is due beyond is left out.
const BURST: usize = 64;

/// Octets a socket keeps for an end that does not come to read them for a while: seconds of traffic.
const BUFFER: usize = 16 << 20;

/// What became of the packets.
struct Loss {
    sent: usize,
    lost: usize,
    /// Those that did not reach the other end.
    lost_there: usize,
    /// The same and more, for people.
    text: String,
}

/// Packets from one pod to another, which sends each back.
#[derive(Debug)]
pub struct Flow {
    name: String,
    ends: Arc<AtomicBool>,
    /// The sender has seen all or given up.
    over: Arc<AtomicBool>,
    sender: JoinHandle<(Vec<bool>, Duration)>,
    echo: JoinHandle<Vec<bool>>,
}

/// Where packets come from and go to: an address of each family.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// Where the addresses are.
    pub namespace: &'a Namespace,
    /// IPv4's and IPv6's.
    pub addresses: [&'a str; 2],
}

impl<'a> From<&'a Pod> for End<'a> {
    fn from(pod: &'a Pod) -> Self {
        Self { namespace: &pod.namespace, addresses: [&pod.ipv4, &pod.ipv6] }
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
    let socket = within(namespace, move || Ok(UdpSocket::bind(SocketAddr::new(address, 0))?))?;
    // What a socket drops was not lost on the way.
    setsockopt(&socket, RcvBufForce, &BUFFER)?;
    Ok(socket)
}

/// Notes which packet has come.
fn note(seen: &mut Vec<bool>, packet: &[u8]) {
    let number = <[u8; 8]>::try_from(packet).map(u64::from_be_bytes);
    let Some(number) = number.ok().and_then(|n| usize::try_from(n).ok()) else { return };
    if seen.len() <= number {
        seen.resize(number + 1, false);
    }
    if let Some(seen) = seen.get_mut(number) {
        *seen = true;
    }
}

/// Notes all that has come back.
fn drain(socket: &UdpSocket, seen: &mut Vec<bool>) {
    let mut packet = [0; 8];
    while let Ok((len, _)) = socket.recv_from(&mut packet) {
        note(seen, &packet[..len]);
    }
}

/// Sends until it is told to end; which packets came back, and how long it sent.
fn send(socket: &UdpSocket, to: SocketAddr, every: Duration, ends: &AtomicBool) -> (Vec<bool>, Duration) {
    let (mut seen, mut sent) = (Vec::new(), 0_u64);
    let _ = socket.set_nonblocking(true);
    let start = Instant::now();
    let mut next = start;
    while !ends.load(Ordering::Relaxed) {
        for _ in 0..BURST {
            if next > Instant::now() {
                break;
            }
            // What cannot be sent is lost like any other.
            let _ = socket.send_to(&sent.to_be_bytes(), to);
            sent += 1;
            next += every;
        }
        next = next.max(Instant::now());
        drain(socket, &mut seen);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let time = start.elapsed();
    seen.resize(usize::try_from(sent).unwrap_or(usize::MAX), false);
    while seen.contains(&false) && start.elapsed() < time + LAST {
        std::thread::sleep(every);
        drain(socket, &mut seen);
    }
    (seen, time)
}

/// Sends back what comes; which packets came.
fn echo(socket: &UdpSocket, over: &AtomicBool) -> Vec<bool> {
    let (mut seen, mut packet) = (Vec::new(), [0; 8]);
    let _ = socket.set_read_timeout(Some(Duration::from_millis(50)));
    while !over.load(Ordering::Relaxed) {
        if let Ok((len, from)) = socket.recv_from(&mut packet) {
            note(&mut seen, &packet[..len]);
            let _ = socket.send_to(&packet[..len], from);
        }
    }
    seen
}

impl Flow {
    /// Starts one in each family, once the ends reach each other.
    ///
    /// # Errors
    /// They do not.
    pub fn both<'a>(name: &str, from: impl Into<End<'a>>, to: impl Into<End<'a>>) -> Result<[Self; 2]> {
        Self::both_every(INTERVAL, name, from, to)
    }

    /// The same with a packet this often.
    ///
    /// # Errors
    /// As [`Flow::both`].
    pub fn both_every<'a>(
        every: Duration,
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
                move || send(&from, target, every, &ends)
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
        let (seen, time) = self.sender.join().map_err(|_| anyhow!("the sender panicked"))?;
        self.over.store(true, Ordering::Relaxed);
        let there = self.echo.join().map_err(|_| anyhow!("the echo panicked"))?;
        let in_a_row = seen.split(|seen| *seen).map(<[bool]>::len).max().unwrap_or_default();
        let (sent, lost) = (seen.len(), seen.iter().filter(|seen| !**seen).count());
        let lost_there = sent.saturating_sub(there.iter().filter(|seen| **seen).count());
        let rate = sent as f64 / time.as_secs_f64();
        let more = if lost == 0 {
            String::new()
        } else {
            format!(", {lost_there} of them on the way there, {in_a_row} in a row")
        };
        let text = format!("{}: lost {lost} of {sent}{more} ({rate:.0} in a second)", self.name);
        measured(&text);
        Ok(Loss { sent, lost, lost_there, text })
    }
}

/// Ends flows, of which none may have lost anything.
///
/// # Errors
/// One has, or hardly anything was sent.
pub fn nothing_lost(flows: impl IntoIterator<Item = Flow>) -> Result<()> {
    lost_at_most(flows, 0)
}

/// Ends flows, each of which may have lost so many packets.
///
/// # Errors
/// One has lost more, or hardly anything was sent.
pub fn lost_at_most(flows: impl IntoIterator<Item = Flow>, allowed: usize) -> Result<()> {
    end(flows, |loss| loss.lost <= allowed)
}

/// Ends flows, none of which may have lost anything on the way to the other end, whatever was lost on the way back.
///
/// # Errors
/// One has, or hardly anything was sent.
pub fn nothing_lost_there(flows: impl IntoIterator<Item = Flow>) -> Result<()> {
    end(flows, |loss| loss.lost_there == 0)
}

fn end(flows: impl IntoIterator<Item = Flow>, good: impl Fn(&Loss) -> bool) -> Result<()> {
    let flows: Vec<_> = flows.into_iter().collect();
    flows.iter().for_each(|flow| flow.ends.store(true, Ordering::Relaxed));
    for flow in flows {
        let loss = flow.finish()?;
        ensure!(loss.sent > 100 && good(&loss), "{}", loss.text);
    }
    Ok(())
}
