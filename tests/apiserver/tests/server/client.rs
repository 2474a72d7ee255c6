//! A plain client: it sends what it is told and shows what comes back.

use std::time::Duration;

use apiserver_double::{Builder, CalicoApi, Handle, Server};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

/// A server with the kinds of a Calico cluster, and a client to it.
pub(crate) struct Setup {
    pub(crate) handle: Handle,
    client: kube::Client,
    pub(crate) server: Server,
}

pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn reason(&self) -> &str {
        self.body["reason"].as_str().unwrap_or_default()
    }

    /// The names of the objects of a list.
    pub(crate) fn names(&self) -> Vec<&str> {
        let items = self.body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| item["metadata"]["name"].as_str()).collect()
    }

    pub(crate) fn metadata(&self, field: &str) -> &str {
        self.body["metadata"][field].as_str().unwrap_or_default()
    }
}

pub(crate) async fn start() -> Setup {
    start_with(|builder| builder).await
}

pub(crate) async fn start_with(settings: impl FnOnce(Builder) -> Builder) -> Setup {
    let server = settings(Server::builder().calico(CalicoApi::V1)).start().await.unwrap();
    let mut config = kube::Config::new(server.url().parse().unwrap());
    // Each failure is to be seen here.
    config.default_retry = false;
    Setup { handle: server.handle(), client: kube::Client::try_from(config).unwrap(), server }
}

impl Setup {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let response = self.open(method, path, headers, body).await;
        let (head, body) = response.into_parts();
        let body = soon(axum::body::to_bytes(body, usize::MAX)).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
        Answer { code: head.status.as_u16(), headers: head.headers, body }
    }

    /// The answer with its body still to come.
    pub(crate) async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> axum::response::Response {
        let body = body.map(|value| value.to_string().into_bytes()).unwrap_or_default();
        let send = async || {
            let mut request = Request::builder().method(method).uri(path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(kube::client::Body::from(body.clone())).unwrap();
            soon(self.client.send(request)).await
        };
        // A connection that was kept may turn out to be gone; then a new one is made.
        let response = match send().await {
            Err(_) if method == "GET" => send().await,
            first => first,
        };
        response.unwrap().map(Body::new)
    }

    /// Begins a watch; it is open when this comes back.
    pub(crate) async fn watch(&self, path: &str) -> Events {
        self.watch_as(path, "application/json").await
    }

    pub(crate) async fn watch_as(&self, path: &str, accept: &str) -> Events {
        let response = self.open("GET", path, &[("accept", accept)], None).await;
        assert_eq!(response.status(), 200);
        Events { pieces: response.into_body().into_data_stream().map_err(drop).boxed(), buffer: Vec::new() }
    }
}

/// The events of a watch.
pub(crate) struct Events {
    pieces: BoxStream<'static, Result<Bytes, ()>>,
    buffer: Vec<u8>,
}

/// How a watch went on.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    Event(Value),
    /// It ended in good order.
    End,
    /// The connection broke; with what was left of an event.
    Broken(String),
}

impl Events {
    pub(crate) async fn next(&mut self) -> Next {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Next::Event(serde_json::from_slice(&line).unwrap());
            }
            match soon(self.pieces.next()).await {
                Some(Ok(piece)) => self.buffer.extend_from_slice(&piece),
                Some(Err(())) => return Next::Broken(String::from_utf8_lossy(&self.buffer).into_owned()),
                None => return Next::End,
            }
        }
    }

    /// The next event as `TYPE name@revision`, a bookmark as `BOOKMARK @revision`.
    pub(crate) async fn told(&mut self) -> String {
        match self.next().await {
            Next::Event(event) => {
                let metadata = &event["object"]["metadata"];
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (name, revision) = (text(&metadata["name"]), text(&metadata["resourceVersion"]));
                format!("{} {name}@{revision}", text(&event["type"]))
            }
            other => format!("{other:?}"),
        }
    }

    /// Whether nothing at all is there to be read now, after the runtime had every chance to bring it.
    pub(crate) async fn silent(&mut self) -> bool {
        let waited = tokio::time::timeout(Duration::from_millis(100), self.pieces.next()).await;
        self.buffer.is_empty() && waited.is_err()
    }
}

/// Nothing in these tests takes long; what does is stuck.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it takes too long")
}

pub(crate) fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
}

pub(crate) fn labelled(name: &str, label: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"app": label}}})
}

pub(crate) fn service(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name}})
}
