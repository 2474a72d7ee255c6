//! `godwit calico status`.

use std::path::Path;
use std::process::ExitCode;

use godwit_control::status::{Source, Status, WatchStatus};
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;

/// Asks and prints. Fails if something is wrong with a watch.
pub(crate) async fn run(socket: &Path, json: bool) -> Result<ExitCode, String> {
    let text = ask(socket).await.map_err(|error| {
        format!(
            "nothing answers on {}: {error}. Is `godwit node` or `godwit calico watch` running?",
            socket.display()
        )
    })?;
    let status: Status = serde_json::from_str(&text).map_err(|error| format!("not a status: {error}"))?;
    if json {
        print!("{text}");
    } else {
        print(&status);
    }
    Ok(if status.degraded { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

async fn ask(socket: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    UnixStream::connect(socket).await?.read_to_string(&mut text).await?;
    Ok(text)
}

fn print(status: &Status) {
    println!("node {}, as Calico {}", status.node, status.release);
    status.datastores.iter().for_each(|d| println!("datastore {d}"));
    match &status.source {
        Source::Nothing => println!("configuration: none yet"),
        Source::Datastore => println!("configuration: from the datastore"),
        Source::StateFile { written } => {
            println!("configuration: what was last known, written at {written} (seconds since 1970)");
        }
    }
    if !status.waits_for.is_empty() {
        println!("waiting for {}", status.waits_for.join(", "));
    }
    let (ipv4, ipv6) = status.protocols;
    println!("protocols: IPv4 {ipv4}, IPv6 {ipv6}");
    if let Some(change) = &status.last_change {
        println!(
            "last change: {} s ago by {}; {} protocols added, {} removed, {} changed; \
             noted in {} us, computed in {} us, handed on in {} us",
            change.age,
            change.what,
            change.added,
            change.removed,
            change.changed,
            change.apply_us,
            change.compute_us,
            change.publish_us
        );
    }
    println!("\n{:<32} {:>8} {:>12} {:>10}  state", "watch", "objects", "revision", "heard");
    status.watches.iter().for_each(watch);
    let list = |title: &str, remarks: &[godwit_control::status::Remark]| {
        if !remarks.is_empty() {
            println!("\n{title}");
            remarks.iter().for_each(|r| println!("  {} {}", r.object, r.text));
        }
    };
    list("refused, and so as they were before or not there:", &status.refused);
    list("to be looked at:", &status.problems);
    let c = &status.counters;
    println!(
        "\nsince the start: {} objects read, {} refused, {} faults; computed {} times, changed {} times",
        c.objects, c.refused, c.faults, c.computed, c.changes
    );
    println!(
        "looked at: {} nodes, {} BGPPeers, {} services; compiled: {} programs, {} filters; {} protocols made",
        c.work.nodes_examined,
        c.work.peers_examined,
        c.work.services_examined,
        c.work.programs_compiled,
        c.work.filters_compiled,
        c.work.protocols_built
    );
}

fn watch(of: &WatchStatus) {
    let age = of.age.map_or_else(|| "never".to_owned(), |age| format!("{age} s ago"));
    let state = match &of.fault {
        Some(fault) => format!("for {} s ({} tries): {}", fault.age, fault.tries, fault.error),
        None if of.listed => "works".into(),
        None => "not read yet".into(),
    };
    let revision = if of.revision.is_empty() { "-" } else { &of.revision };
    println!("{:<32} {:>8} {revision:>12} {age:>10}  {state}", of.scope, of.objects);
}
