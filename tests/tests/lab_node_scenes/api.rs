//! An API server of Kubernetes, the one for tests, on a machine of its own in the rack.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;

use anyhow::{Context as _, Result, anyhow};
use apiserver_double::{CalicoApi, Failure, Handle, Server};
use godwit_lab::speaker::enter;
use godwit_lab::{Namespace, Scratch};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PORT: u16 = 6443;

/// What its thread is told to do: sockets must be made there.
#[derive(Clone, Copy, Debug)]
enum Order {
    Stop,
    Listen,
}

type Orders = (Order, mpsc::Sender<io::Result<()>>);

/// The server. It ends when this is dropped.
pub(crate) struct Api {
    handle: Handle,
    orders: UnboundedSender<Orders>,
    kubeconfig: Scratch,
    _namespace: Namespace,
}

/// Serves in a thread that is in the server's namespace.
fn serve(
    namespace: &File,
    at: SocketAddr,
    started: &mpsc::Sender<Result<Handle>>,
    orders: UnboundedReceiver<Orders>,
) {
    let ready = enter(namespace)
        .and_then(|()| Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?));
    match ready {
        Ok(runtime) => runtime.block_on(follow(at, started, orders)),
        Err(error) => drop(started.send(Err(error))),
    }
}

async fn follow(
    at: SocketAddr,
    started: &mpsc::Sender<Result<Handle>>,
    mut orders: UnboundedReceiver<Orders>,
) {
    let server = match Server::builder().calico(CalicoApi::V1).listen(at).start().await {
        Ok(server) => server,
        Err(error) => return drop(started.send(Err(error.into()))),
    };
    let handle = server.handle();
    drop(started.send(Ok(handle.clone())));
    while let Some((order, done)) = orders.recv().await {
        let result = match order {
            Order::Stop => {
                handle.stop_listening().await;
                Ok(())
            }
            Order::Listen => handle.listen_again().await,
        };
        drop(done.send(result));
    }
}

/// As the classic custom resources have it.
fn served(mut manifest: Value) -> Value {
    if manifest["apiVersion"] == "projectcalico.org/v3" {
        manifest["apiVersion"] = "crd.projectcalico.org/v1".into();
    }
    manifest
}

/// The resource and the object, as a handle takes them.
fn place(manifest: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&manifest["kind"]).to_lowercase();
    let plural = kind.strip_suffix('y').map_or_else(|| format!("{kind}s"), |stem| format!("{stem}ies"));
    let (name, namespace) = (text(&manifest["metadata"]["name"]), text(&manifest["metadata"]["namespace"]));
    let namespaced = ["service", "secret", "endpointslice"].contains(&kind.as_str());
    let object = if namespaced { format!("{namespace}/{name}") } else { name };
    (format!("{}/{plural}", text(&manifest["apiVersion"])), object)
}

fn refused(failure: Failure) -> anyhow::Error {
    anyhow!("the API server refuses: {failure}")
}

impl Api {
    /// On a machine that has this address.
    pub(crate) fn start(namespace: Namespace, address: &str) -> Result<Self> {
        let at = SocketAddr::new(address.parse()?, PORT);
        let file = File::open(format!("/run/netns/{}", namespace.name()))?;
        let (started, handle) = mpsc::channel();
        let (orders, receiver) = unbounded_channel();
        std::thread::spawn(move || serve(&file, at, &started, receiver));
        let handle = handle.recv().context("the API server ended")??;
        let kubeconfig = Scratch::new("kubeconfig")?;
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "lab",
            "clusters": [{ "name": "lab", "cluster": { "server": format!("http://{at}") } }],
            "contexts": [{ "name": "lab", "context": { "cluster": "lab", "user": "lab" } }],
            "users": [{ "name": "lab", "user": {} }],
        });
        kubeconfig.write("config", &config.to_string())?;
        Ok(Self { handle, orders, kubeconfig, _namespace: namespace })
    }

    /// As `--datastore` takes it.
    pub(crate) fn flag(&self) -> String {
        format!("kubernetes:{}", self.kubeconfig.file("config").display())
    }

    /// Writes an object.
    pub(crate) fn put(&self, manifest: Value) -> Result<()> {
        self.handle.apply(served(manifest)).map(drop).map_err(refused)
    }

    /// Removes an object.
    pub(crate) fn delete(&self, manifest: Value) -> Result<()> {
        let (resource, object) = place(&served(manifest));
        self.handle.delete(&resource, &object).map_err(refused)
    }

    fn order(&self, order: Order) -> Result<()> {
        let (done, result) = mpsc::channel();
        self.orders.send((order, done))?;
        Ok(result.recv()??)
    }

    /// Ends all connections and refuses new ones.
    pub(crate) fn down(&self) -> Result<()> {
        self.order(Order::Stop)
    }

    /// Listens again. Of what was before it knows nothing but the objects.
    pub(crate) fn up(&self) -> Result<()> {
        self.handle.compact();
        self.order(Order::Listen)
    }
}
