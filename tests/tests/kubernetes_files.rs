//! The files under `config/kubernetes`, as far as they can be checked without a cluster: that they are what they
//! say, and that they agree with each other and with godwit.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use godwit_lab::workspace;
use serde_json::Value;

/// Kinds and the API each is of.
const KINDS: [(&str, &str); 5] = [
    ("DaemonSet", "apps/v1"),
    ("Role", "rbac.authorization.k8s.io/v1"),
    ("RoleBinding", "rbac.authorization.k8s.io/v1"),
    ("Kustomization", "kustomize.config.k8s.io/v1beta1"),
    ("Installation", "operator.tigera.io/v1"),
];

fn folder() -> PathBuf {
    workspace().join("config/kubernetes")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

/// Every object with the file it is in.
fn objects() -> Result<Vec<(PathBuf, Value)>> {
    let mut all = Vec::new();
    files(&folder(), &mut all)?;
    let mut objects = Vec::new();
    for path in all.into_iter().filter(|p| p.extension().is_some_and(|e| e == "yaml")) {
        let text = std::fs::read_to_string(&path)?;
        let found: Vec<Value> =
            serde_saphyr::from_multiple(&text).with_context(|| path.display().to_string())?;
        ensure!(!found.is_empty(), "{} is empty", path.display());
        objects.extend(found.into_iter().map(|object| (path.clone(), object)));
    }
    Ok(objects)
}

fn daemon_set(name: &str) -> Result<Value> {
    let found = objects()?.into_iter().map(|(_, object)| object);
    let mut found = found.filter(|o| o["kind"] == "DaemonSet" && o["metadata"]["name"] == name);
    found.next().with_context(|| format!("no DaemonSet {name}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn objects_are_of_their_kinds() -> Result<()> {
    for (path, object) in objects()? {
        let kind = text(&object["kind"]);
        let known = KINDS.iter().find(|(k, _)| *k == kind);
        let (_, api) = known.with_context(|| format!("{}: kind {kind:?}", path.display()))?;
        ensure!(object["apiVersion"] == *api, "{}: {kind} of {}", path.display(), object["apiVersion"]);
        ensure!(kind == "Kustomization" || object["metadata"]["name"].is_string(), "{}", path.display());
    }
    Ok(())
}

#[test]
fn kustomizations_name_files_that_are_there() -> Result<()> {
    for (path, object) in objects()?.into_iter().filter(|(_, o)| o["kind"] == "Kustomization") {
        let resources = list(&object["resources"]);
        ensure!(!resources.is_empty(), "{}", path.display());
        for resource in resources {
            let file = path.with_file_name(text(resource));
            ensure!(file.exists(), "{} names {}", path.display(), file.display());
        }
    }
    Ok(())
}

/// The DaemonSet is one that the API server takes: what it selects it also makes, what it mounts is there.
#[test]
fn the_daemon_set_is_consistent() -> Result<()> {
    let set = daemon_set("godwit")?;
    let (spec, pod) = (&set["spec"], &set["spec"]["template"]["spec"]);
    ensure!(spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]);
    ensure!(spec["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 1);
    ensure!(pod["hostNetwork"] == true && pod["serviceAccountName"] == "calico-node");
    ensure!(pod["terminationGracePeriodSeconds"].as_u64() > Some(0), "SIGKILL at once ends nothing in order");
    let [container] = list(&pod["containers"]) else { anyhow::bail!("one container") };
    let added: BTreeSet<&str> =
        list(&container["securityContext"]["capabilities"]["add"]).iter().map(text).collect();
    ensure!(added.contains("NET_ADMIN") && added.contains("NET_BIND_SERVICE"), "{added:?}");
    let volumes = list(&pod["volumes"]);
    let mounts = list(&container["volumeMounts"]);
    ensure!(volumes.len() == mounts.len());
    for mount in mounts {
        let volume = volumes.iter().find(|v| v["name"] == mount["name"]);
        let volume = volume.with_context(|| format!("no volume for {mount}"))?;
        // The paths are those of the host's tools, too.
        ensure!(volume["hostPath"]["path"] == mount["mountPath"], "{mount} {volume}");
    }
    let mounted = |path: &str| mounts.iter().any(|m| Path::new(path).starts_with(text(&m["mountPath"])));
    let value = |name: &str| {
        let variable = list(&container["env"]).iter().find(|v| v["name"] == name);
        variable.map(|v| text(&v["value"]).to_owned()).with_context(|| format!("no {name}"))
    };
    let sockets = value("GODWIT_SOCKET_DIR")?;
    ensure!(mounted(&sockets) && mounted(&value("GODWIT_STATE_FILE")?));
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let command = list(&container[probe]["exec"]["command"]);
        let socket = command.iter().map(text).find(|word| word.starts_with('/'));
        let socket = socket.with_context(|| format!("{probe} names no socket"))?;
        ensure!(Path::new(socket).parent() == Some(Path::new(&sockets)), "{probe}: {socket}");
    }
    Ok(())
}

/// Every variable is one that godwit reads, or calico-node.
#[test]
fn variables_are_those_that_are_read() -> Result<()> {
    let documented = std::fs::read_to_string(workspace().join("docs/calico.md"))?;
    let flags = std::fs::read_to_string(workspace().join("crates/godwit/src/node/flags.rs"))?;
    let is_read = |name: &str| match name.strip_prefix("GODWIT_") {
        Some(flag) => flags.contains(&format!("  --{} ", flag.to_lowercase().replace('_', "-"))),
        None => documented.contains(&format!("`{name}`")),
    };
    let set = daemon_set("godwit")?;
    let container = &set["spec"]["template"]["spec"]["containers"][0];
    for variable in list(&container["env"]) {
        ensure!(is_read(text(&variable["name"])), "nobody reads {variable}");
    }
    let mut all = Vec::new();
    files(&folder(), &mut all)?;
    for path in all.iter().filter(|p| p.ends_with("Dockerfile")) {
        for line in std::fs::read_to_string(path)?.lines() {
            let Some(name) = line.strip_prefix("ENV ").and_then(|rest| rest.split('=').next()) else {
                continue;
            };
            ensure!(is_read(name), "{}: nobody reads {name}", path.display());
        }
    }
    let calico = daemon_set("calico-node")?;
    let [container] = list(&calico["spec"]["template"]["spec"]["containers"]) else { anyhow::bail!("one") };
    // Not "none": then calico-node would no longer write the addresses of its node.
    ensure!(
        container["env"][0]["name"] == "CALICO_NETWORKING_BACKEND" && container["env"][0]["value"] == "vxlan"
    );
    let probes = [&container["livenessProbe"], &container["readinessProbe"]].map(ToString::to_string);
    ensure!(probes.iter().all(|p| p.contains("-felix-") && !p.contains("bird") && !p.contains("confd")));
    Ok(())
}

#[test]
fn run_scripts_are_scripts() -> Result<()> {
    for service in ["bird", "bird6", "confd"] {
        let path = folder().join("runit").join(service).join("run");
        ensure!(path.metadata()?.permissions().mode() & 0o111 == 0o111, "{} cannot be run", path.display());
        let checked = Command::new("sh").arg("-n").arg(&path).output()?;
        ensure!(checked.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&checked.stderr));
        let last = std::fs::read_to_string(&path)?;
        // Anything else would stay between runit and the daemon, and take its signals.
        ensure!(last.lines().last().is_some_and(|l| l.starts_with("exec godwit ")), "{last}");
    }
    Ok(())
}

/// What a Dockerfile copies from here is here; what README.md speaks of as well.
#[test]
fn named_files_are_there() -> Result<()> {
    let mut all = Vec::new();
    files(&folder(), &mut all)?;
    for path in &all {
        let content = std::fs::read_to_string(path)?;
        let words = content.split(|c: char| c.is_whitespace() || "`,;:()".contains(c));
        for word in words.filter(|w| w.starts_with("config/kubernetes/")) {
            ensure!(workspace().join(word).exists(), "{} names {word}", path.display());
        }
    }
    Ok(())
}
