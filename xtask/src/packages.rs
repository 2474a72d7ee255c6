//! What Debian has to bring: installed where it is missing, never done without.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use godwit_lab::run as run_program;

/// Packages and a program of each.
const ALL: [Package; 14] = [
    ("iproute2", "/usr/sbin/ip"),
    ("iputils-ping", "/usr/bin/ping"),
    ("bird2", "/usr/sbin/bird"),
    ("frr", "/usr/lib/frr/bgpd"),
    ("gobgpd", "/usr/bin/gobgpd"),
    ("openbgpd", "/usr/sbin/bgpd"),
    ("exabgp", "/usr/sbin/exabgp"),
    ("libcap2-bin", "/usr/sbin/capsh"),
    ("util-linux", "/usr/bin/setpriv"),
    ("etcd-server", "/usr/bin/etcd"),
    ("etcd-client", "/usr/bin/etcdctl"),
    ("openssl", "/usr/bin/openssl"),
    ("runit", "/usr/bin/runsvdir"),
    ("procps", "/usr/sbin/sysctl"),
];
/// How many of them, from the first, the demonstration needs.
const FOR_DEMO: usize = 3;

/// A package and a program it has.
type Package = (&'static str, &'static str);

/// Installs what tests need.
pub(crate) fn for_tests() -> Result<()> {
    install(&ALL)?;
    unpack_bird16()
}

/// Installs what the demonstration and the benchmark need.
pub(crate) fn for_demo() -> Result<()> {
    install(ALL.get(..FOR_DEMO).unwrap_or(&ALL))
}

/// BIRD 1.6.8 has the files of bird2 in its package, so it is unpacked beside instead of installed.
fn unpack_bird16() -> Result<()> {
    let peers = godwit_lab::workspace().join("target/peers");
    let place = peers.join("bird16");
    if place.join("usr/sbin/bird6").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&peers)?;
    let fetched = Command::new("apt-get").args(["download", "-qq", "bird"]).current_dir(&peers).status()?;
    if !fetched.success() {
        run_program("apt-get", &["update", "-qq"])?;
        let status = Command::new("apt-get").args(["download", "bird"]).current_dir(&peers).status()?;
        if !status.success() {
            bail!("BIRD 1.6.8 (package bird) could not be fetched");
        }
    }
    let package = std::fs::read_dir(&peers)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "deb"))
        .context("apt-get left no package behind")?;
    run_program("dpkg", &["-x", &package.to_string_lossy(), &place.to_string_lossy()])?;
    Ok(())
}

/// Installs what is missing.
fn install(packages: &[Package]) -> Result<()> {
    let missing: Vec<&str> =
        packages.iter().filter(|(_, program)| !Path::new(program).exists()).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {}", missing.join(" "));
    run_program("apt-get", &["update", "-qq"]).context("the peer programs come from Debian's packages")?;
    let status = Command::new("apt-get")
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(&missing)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .status()?;
    let still = packages.iter().find(|(_, program)| !Path::new(program).exists());
    match still {
        Some((name, program)) => {
            bail!("{name} could not be installed: there is no {program} (apt-get: {status})")
        }
        None => Ok(()),
    }
}
