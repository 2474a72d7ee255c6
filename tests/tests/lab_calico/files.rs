//! What is printed, and what it is compared with.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Scratch, text, workspace};

use crate::{NODE, cluster, folder, run};

/// `godwit calico diff` of the cluster with these files in place of those rendered.
fn diff(changed: &[(&str, &str, &str)]) -> Result<(i32, String, String)> {
    let scratch = Scratch::new("calico-diff")?;
    for file in std::fs::read_dir(cluster().join("rendered"))? {
        let path = file?.path();
        let name = path.file_name().context("a name")?.to_string_lossy().into_owned();
        let mut content = std::fs::read_to_string(&path)?;
        for (of, from, to) in changed.iter().filter(|(of, _, _)| *of == name) {
            ensure!(content.contains(from), "{of} has no {from}");
            content = content.replacen(from, to, 1);
        }
        scratch.write(&name, &content)?;
    }
    let (bird, bird6) = (scratch.file("bird.cfg"), scratch.file("bird6.cfg"));
    run(&[
        "diff",
        "--datastore",
        &folder(&cluster().join("manifests")),
        "--node",
        NODE,
        "--release",
        "3.33",
        "--against",
        &bird.to_string_lossy(),
        &bird6.to_string_lossy(),
    ])
}

#[test]
fn lab_files_that_say_the_same_show_no_difference() -> Result<()> {
    let (code, out, err) = diff(&[])?;
    ensure!(code == 0 && err.is_empty(), "{out}\n{err}");
    ensure!(out.contains("bird.cfg: no difference\n") && out.contains("bird6.cfg: no difference\n"), "{out}");
    // What is done otherwise on purpose is said all the same.
    ensure!(out.contains("that godwit makes on purpose"), "{out}");
    Ok(())
}

#[test]
fn lab_every_difference_is_seen_and_named() -> Result<()> {
    let cases = [
        ("bird.cfg", "passive on;", "", "Mesh_10_20_0_12: passive"),
        ("bird.cfg", "as 64999;", "as 64998;", "Mesh_10_21_0_13: neighbor as"),
        ("bird.cfg", "keepalive time 20;", "keepalive time 21;", "Node_10_20_0_1_port_1790: keepalive time"),
        ("bird.cfg", "graceful restart time 300;", "", "Node_10_20_0_1_port_1790: graceful restart time"),
        ("bird.cfg", "password \"let-me-in\";", "password \"other\";", "Node_10_20_0_1_port_1790: password"),
        ("bird.cfg", "connect retry time 5;", "connect retry time 6;", "connect retry time"),
        ("bird.cfg", "-\"docker0\", ", "", "direct1: interface"),
        ("bird.cfg", "merge paths on;", "", "kernel1: merge paths"),
        ("bird.cfg", "router id 10.20.0.11;", "router id 10.20.0.1;", "router: router id"),
        ("bird.cfg", "(64900, 100)", "(64900, 101)", "export filter"),
        ("bird.cfg", "{27,32}", "{26,32}", "Node_10_20_0_1_port_1790: export filter"),
        (
            "bird.cfg",
            "'bgp_only-blocks_importFilterV4'(false);",
            "",
            "Node_10_20_0_1_port_1790: import filter",
        ),
        ("bird_aggr.cfg", "route 10.44.7.64/26 blackhole;", "", "static1"),
        ("bird_aggr.cfg", "krt_metric < 1024", "krt_metric < 1025", "export filter"),
        ("bird_ipam.cfg", "if (net ~ 10.45.0.0/16) then { reject; }", "", "export filter"),
        ("bird_ipam.cfg", "if (net ~ 10.44.0.0/16) then { reject; }", "", "kernel1: export filter"),
        ("bird6.cfg", "preference = 200; }", "preference = 201; }", "kernel1: export filter"),
        (
            "bird6.cfg",
            "neighbor 2001:db8:20::12 as 64900;",
            "neighbor 2001:db8:20::13 as 64900;",
            "Mesh_2001_db8_20__12: neighbor",
        ),
    ];
    for (file, from, to, named) in cases {
        let (code, out, err) = diff(&[(file, from, to)])?;
        ensure!(code == 1, "{file} without {from}: {code}\n{out}\n{err}");
        ensure!(out.contains(named), "{file} without {from}: {named} is not said\n{out}");
        ensure!(!out.contains("let-me-in"), "the password is shown\n{out}");
    }
    Ok(())
}

#[test]
fn lab_a_file_that_cannot_be_read_is_another_exit_code() -> Result<()> {
    let (code, _, err) = diff(&[("bird_ipam.cfg", "filter calico_kernel_programming {", "filter {")])?;
    ensure!(code == 2 && err.contains("bird_ipam.cfg:"), "{code}\n{err}");
    Ok(())
}

#[test]
fn lab_a_node_that_is_not_there_is_said() -> Result<()> {
    let manifests = folder(&cluster().join("manifests"));
    let (code, _, err) = run(&["render", "--datastore", &manifests, "--node", "worker-9"])?;
    ensure!(
        code == 2 && err.contains("no Node 'worker-9'; it has worker-1, worker-2, worker-3"),
        "{code} {err}"
    );
    Ok(())
}

/// What is printed is what BIRD 1.6.8 reads, and what we read back as the same.
#[test]
fn lab_what_is_rendered_is_read_by_bird() -> Result<()> {
    let manifests = folder(&cluster().join("manifests"));
    let scratch = Scratch::new("calico-render")?;
    let bird16 = workspace().join("target/peers/bird16/usr/sbin");
    for release in ["3.30", "3.31", "3.32", "3.33"] {
        let common = ["--datastore", &manifests, "--node", NODE, "--release", release];
        for (family, name) in [("4", "bird"), ("6", "bird6")] {
            let show = ["render", "--family", family, "--with-passwords"];
            let (code, out, err) = run(&[&show[..], &common].concat())?;
            ensure!(code == 0, "{err}");
            let file = scratch.write(&format!("{name}.cfg"), &out)?;
            let file = file.to_string_lossy();
            let bird = Command::new(bird16.join(name)).args(["-p", "-c", &file]).output()?;
            ensure!(bird.status.success(), "{release} {name}: {}\n{out}", text(&bird.stderr));
            let (code, out, err) = run(&[&["diff", "--against", &file][..], &common].concat())?;
            ensure!(code == 0, "{release} {name}\n{out}{err}");
        }
    }
    Ok(())
}

#[test]
fn lab_passwords_are_printed_only_when_asked_for() -> Result<()> {
    let manifests = folder(&cluster().join("manifests"));
    let common = ["render", "--datastore", &manifests, "--node", NODE];
    let (_, without, _) = run(&common)?;
    let (_, with, _) = run(&[&common[..], &["--with-passwords"]].concat())?;
    ensure!(!without.contains("let-me-in"), "{without}");
    ensure!(with.contains("password \"let-me-in\";"), "{with}");
    Ok(())
}
