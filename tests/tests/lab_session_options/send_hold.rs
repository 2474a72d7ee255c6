//! A neighbor that is heard, and reads nothing (RFC 9687).

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use godwit_lab::speaker::{KEEPALIVE, Speaker, message};
use godwit_lab::{LIMIT, Namespace, Router};

use crate::lab::Place;

/// Many routes, and sockets that hold few of them.
fn godwit(place: &Place, session: &str) -> Result<Router> {
    let small = |namespace: &Namespace, name: &str| {
        namespace.run("sysctl", &["-qw", &format!("net.ipv4.{name}=4096 16384 16384")])
    };
    small(&place.ours, "tcp_wmem")?;
    small(&place.peer, "tcp_rmem")?;
    let mut nets = String::from("protocol static nets { ipv4;\n");
    for (a, b) in (0..100).flat_map(|a| (0..250).map(move |b| (a, b))) {
        let _ = writeln!(nets, "route 10.{a}.{b}.0/24 blackhole;");
    }
    place.godwit(&format!("passive; {session}"), "", &(nets + "}"))
}

/// Sends KEEPALIVE and reads nothing, until something is so; how long that took.
fn heard_until(speaker: &mut Speaker, limit: Duration, mut so: impl FnMut() -> bool) -> Option<Duration> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if so() {
            return Some(start.elapsed());
        }
        // It may be over.
        let _ = speaker.send(&message(KEEPALIVE, &[]));
        std::thread::sleep(Duration::from_millis(250));
    }
    None
}

#[test]
fn lab_a_neighbor_that_stops_reading_is_dropped() -> Result<()> {
    let place = Place::new()?;
    let godwit = godwit(&place, "hold time 90; send hold time 4;")?;
    let mut speaker = Speaker::established(&place.peer, "192.0.2.2", "192.0.2.1", 65002)?;
    let shown =
        heard_until(&mut speaker, LIMIT, || godwit.detail("peer", "Send hold timer:").ends_with("/4"));
    shown.with_context(|| godwit.birdc("show protocols all peer"))?;
    // By default it would be eight minutes.
    let dropped =
        heard_until(&mut speaker, LIMIT, || godwit.log().contains("peer: Error: Send hold timer expired"));
    dropped.with_context(|| godwit.log())?;
    // It is told, should it come to its senses.
    ensure!(speaker.notification()? == (8, 0));
    let error = godwit.detail("peer", "Last error:");
    ensure!(error == "BGP Error: Send hold timer expired", "{error}");
    Ok(())
}

#[test]
fn lab_with_no_send_hold_time_it_is_not() -> Result<()> {
    let place = Place::new()?;
    let godwit = godwit(&place, "hold time 3; send hold time 0;")?;
    let mut speaker = Speaker::established(&place.peer, "192.0.2.2", "192.0.2.1", 65002)?;
    // By default it would be six seconds.
    let dropped = heard_until(&mut speaker, Duration::from_secs(10), || {
        godwit.detail("peer", "BGP state:") != "Established"
    });
    ensure!(dropped.is_none(), "{}", godwit.log());
    Ok(())
}

/// `disable rx`: a godwit that reads nothing of a neighbor is not dropped by itself, and hears nothing.
#[test]
fn lab_a_session_without_reading_hears_nothing() -> Result<()> {
    let place = Place::new()?;
    let godwit = place.godwit("passive; disable rx; hold time 3;", "", "")?;
    let mut speaker = Speaker::established(&place.peer, "192.0.2.2", "192.0.2.1", 65002)?;
    speaker.send(&godwit_lab::speaker::announce(65002, [192, 0, 2, 2].into(), &[[10, 1, 2]]))?;
    let changed = heard_until(&mut speaker, Duration::from_secs(6), || {
        godwit.detail("peer", "BGP state:") == "Idle" || !godwit.route("10.1.2.0/24").is_empty()
    });
    ensure!(changed.is_none(), "{}", godwit.log());
    godwit.established("peer").map(drop)
}
