//! Clients of the control socket that misbehave do not disturb routing, nor each other.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use godwit_lab::{LIMIT, Namespace, Program, Router, until};

/// A session with routes enough for `show route` to outgrow every socket buffer.
struct Lab {
    _namespaces: [Namespace; 2],
    godwit: Router,
    bird: Router,
}

impl Lab {
    fn new() -> Result<Self> {
        let (a, b) = (Namespace::new("a")?, Namespace::new("b")?);
        Namespace::join((&a, "va", &["192.0.2.1/24"]), (&b, "vb", &["192.0.2.2/24"]))?;
        let godwit = Router::start(
            &a,
            Program::Godwit,
            "log stderr all; router id 192.0.2.1; protocol device { }
             protocol bgp peer { local 192.0.2.1 as 64512; neighbor 192.0.2.2 as 64513; passive;
               hold time 20; ipv4 { import all; export all; }; }",
        )?;
        let bird = Router::start(&b, Program::Bird2, &bird_config(0))?;
        godwit.established("peer")?;
        Ok(Self { _namespaces: [a, b], godwit, bird })
    }

    /// The peer announces a new route, and it arrives.
    fn routes_still_flow(&self, number: u8) -> Result<()> {
        self.bird.configure(&bird_config(number))?;
        self.godwit.has_route(&format!("10.255.{number}.0/24"), &["via 192.0.2.2"])?;
        ensure!(self.godwit.detail("peer", "BGP state:") == "Established", "the session ended");
        Ok(())
    }
}

/// A bird with 20,000 routes, and one more that tells one configuration from another.
fn bird_config(number: u8) -> String {
    let mut routes = format!("route 10.255.{number}.0/24 blackhole;\n");
    for n in 0..20_000_u32 {
        let _ = writeln!(routes, "route 11.{}.{}.0/24 blackhole;", n / 250, n % 250);
    }
    format!(
        "log stderr all; router id 192.0.2.2; protocol device {{ }}
         protocol static {{ ipv4; {routes} }}
         protocol bgp peer {{ local 192.0.2.2 as 64513; neighbor 192.0.2.1 as 64512;
           connect delay time 1; hold time 20; ipv4 {{ import all; export all; }}; }}"
    )
}

fn client(socket: &Path) -> Result<BufReader<UnixStream>> {
    let stream = UnixStream::connect(socket).context("the control socket does not take clients")?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let mut client = BufReader::new(stream);
    let banner = reply(&mut client)?;
    ensure!(banner.starts_with("0001 BIRD"), "{banner}");
    Ok(client)
}

/// The lines of one reply, up to the one that ends it.
fn reply(client: &mut BufReader<UnixStream>) -> Result<String> {
    let mut text = String::new();
    loop {
        let start = text.len();
        ensure!(client.read_line(&mut text)? > 0, "the control socket closed after {text:?}");
        let line = text.get(start..).unwrap_or_default().as_bytes();
        let code = line.get(..4).is_some_and(|c| c.iter().all(u8::is_ascii_digit));
        if code && line.get(4) == Some(&b' ') {
            return Ok(text);
        }
    }
}

#[test]
fn lab_control_client_that_stops_reading() -> Result<()> {
    let lab = Lab::new()?;
    lab.godwit.has_route("11.79.249.0/24", &["via 192.0.2.2"])?;
    let mut lazy = client(lab.godwit.socket())?;
    // Many megabytes of answers, none of which is read.
    let commands = "show route all\n".repeat(50);
    lazy.get_mut().set_write_timeout(Some(Duration::from_millis(500)))?;
    let _ = lazy.get_mut().write_all(commands.as_bytes());
    for number in 1..=3 {
        lab.routes_still_flow(number)?;
    }
    let began = Instant::now();
    ensure!(lab.godwit.birdc("show status").contains("Daemon is up and running"));
    ensure!(began.elapsed() < LIMIT, "another client waited {:?}", began.elapsed());
    let mut first = [0; 1000];
    lazy.read_exact(&mut first).context("what was answered is gone")?;
    Ok(())
}

#[test]
fn lab_control_line_of_a_megabyte() -> Result<()> {
    let lab = Lab::new()?;
    let mut rude = client(lab.godwit.socket())?;
    let line = [vec![b'x'; 1 << 20], b"\n".to_vec()].concat();
    rude.get_mut().write_all(&line)?;
    let answer = reply(&mut rude)?;
    ensure!(answer.starts_with('9') || answer.starts_with('8'), "not an error: {answer}");
    rude.get_mut().write_all(b"show status\n")?;
    let answer = reply(&mut rude).context("the client cannot go on")?;
    ensure!(answer.starts_with("1000"), "{answer}");
    lab.routes_still_flow(1)
}

#[test]
fn lab_control_binary_garbage() -> Result<()> {
    let lab = Lab::new()?;
    let mut rude = client(lab.godwit.socket())?;
    let garbage: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    rude.get_mut().write_all(&garbage)?;
    rude.get_mut().write_all(b"\n")?;
    drop(rude);
    ensure!(lab.godwit.birdc("show status").contains("Daemon is up and running"));
    lab.routes_still_flow(1)
}

#[test]
fn lab_control_a_hundred_clients() -> Result<()> {
    let lab = Lab::new()?;
    until("all routes to be there", || lab.godwit.birdc("show route count").starts_with("20001 of"))?;
    let mut clients = (0..100).map(|_| client(lab.godwit.socket())).collect::<Result<Vec<_>>>()?;
    for (n, client) in clients.iter_mut().enumerate() {
        let command: &[u8] = if n % 2 == 0 { b"show route count\n" } else { b"show protocols all\n" };
        client.get_mut().write_all(command)?;
    }
    for (n, client) in clients.iter_mut().enumerate() {
        let answer = reply(client).with_context(|| format!("client {n}"))?;
        let expected = if n % 2 == 0 { "20001 of 20001 routes" } else { "BGP state:          Established" };
        ensure!(answer.contains(expected), "client {n}: {answer}");
    }
    lab.routes_still_flow(1)
}

#[test]
fn lab_control_clients_that_vanish() -> Result<()> {
    let lab = Lab::new()?;
    lab.godwit.has_route("11.79.249.0/24", &["via 192.0.2.2"])?;
    for _ in 0..50 {
        let mut client = client(lab.godwit.socket())?;
        client.get_mut().write_all(b"show route all\n")?;
        drop(client);
    }
    until("the next client to be served", || lab.godwit.birdc("show status").contains("up and running"))?;
    lab.routes_still_flow(1)
}

#[test]
fn lab_control_what_is_shown_is_no_older_than_the_answer() -> Result<()> {
    let lab = Lab::new()?;
    lab.godwit.has_route("11.79.249.0/24", &["via 192.0.2.2"])?;
    let mut client = client(lab.godwit.socket())?;
    for (command, answer, state) in [
        ("restart", "peer: restarted", "start"),
        ("disable", "peer: disabled", "down"),
        ("enable", "peer: enabled", "start"),
    ] {
        // All at once: the questions wait while the command is carried out.
        let asked = format!("{command} peer\nshow protocols peer\nshow route count\n");
        client.get_mut().write_all(asked.as_bytes())?;
        let answered = reply(&mut client)?;
        ensure!(answered.contains(answer), "{answered}");
        let shown = reply(&mut client)?;
        let row = shown.lines().find(|l| l.contains("peer ")).unwrap_or_default();
        ensure!(row.split_whitespace().nth(3) == Some(state), "after {command}: {shown}");
        ensure!(!row.contains("Established"), "after {command}: {shown}");
        let routes = reply(&mut client)?;
        ensure!(routes.contains("0 of 0 routes"), "after {command}: {routes}");
    }
    Ok(())
}
