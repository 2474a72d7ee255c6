//! The handle: changes of objects without HTTP, and the knobs.

mod door;
mod knobs;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};

pub(crate) use door::Door;

use crate::kinds::Kind;
use crate::shared::{Shared, State};
use crate::status::Failure;
use crate::store::{Key, Part};

/// Works on a running server from within the test. Clones work on the same server.
///
/// A *resource* is `apiVersion/plural` (`v1/nodes`), an *object* `name` or `namespace/name`.
#[derive(Clone, Debug)]
pub struct Handle {
    shared: Arc<Shared>,
    door: Arc<Door>,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>, door: Arc<Door>) -> Self {
        Self { shared, door }
    }

    /// The address the server listens at, or did.
    pub fn addr(&self) -> SocketAddr {
        self.door.addr()
    }

    /// Creates an object and gives it as stored. Its kind and namespace are read from it.
    ///
    /// Errors: 404 for a kind that is not served, 409 if it exists.
    pub fn create(&self, object: Value) -> Result<Value, Failure> {
        self.shared.change(|state| create(state, object))
    }

    /// Creates many objects in one go; none is seen before all are there. Stops at the first error.
    pub fn create_all(&self, objects: impl IntoIterator<Item = Value>) -> Result<(), Failure> {
        self.shared.change(|state| objects.into_iter().try_for_each(|object| create(state, object).map(drop)))
    }

    /// Replaces an object. A `resourceVersion` in it must be the stored one; without one, it is replaced anyway.
    ///
    /// Errors: 404, 409.
    pub fn replace(&self, object: Value) -> Result<Value, Failure> {
        self.shared.change(|state| replace(state, object))
    }

    /// Creates an object, or replaces the one there is whatever its version.
    pub fn apply(&self, mut object: Value) -> Result<Value, Failure> {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("resourceVersion");
            metadata.remove("uid");
        }
        self.shared.change(|state| match replace(state, object.clone()) {
            Err(failure) if failure.code == 404 => create(state, object),
            result => result,
        })
    }

    /// Applies a JSON merge patch. Errors: 404, 409.
    pub fn patch(&self, resource: &str, object: &str, patch: &Value) -> Result<Value, Failure> {
        self.shared.change(|state| {
            let (kind, key) = locate(state, resource, object)?;
            state.store.patch(&kind, &key, Part::Whole, patch).map(|stored| (*stored).clone())
        })
    }

    /// Deletes an object (one with finalizers is only marked). Errors: 404.
    pub fn delete(&self, resource: &str, object: &str) -> Result<(), Failure> {
        self.shared.change(|state| {
            let (kind, key) = locate(state, resource, object)?;
            state.store.delete(&kind, &key, &json!({})).map(drop)
        })
    }

    /// An object as stored, if it is there.
    pub fn get(&self, resource: &str, object: &str) -> Option<Value> {
        self.shared.look().store.get(resource, &key(object)).map(|stored| (*stored).clone())
    }

    /// How many objects of a resource there are.
    pub fn count(&self, resource: &str) -> usize {
        self.shared.look().store.len(resource)
    }

    /// The revision of the newest change.
    pub fn revision(&self) -> u64 {
        self.shared.look().store.revision()
    }

    /// Counts the revision up without a change of any object, as the other kinds of a cluster do.
    pub fn advance_revision(&self, by: u64) {
        self.shared.change(|state| state.store.advance(by));
    }

    /// Serves one more kind from now on, as when a custom resource is installed.
    pub fn install(&self, kind: Kind) {
        self.shared.change(|state| state.kinds.add(kind));
    }

    /// Deletes all objects of a resource, ends its watches and serves it no more.
    pub fn uninstall(&self, resource: &str) {
        self.shared.change(|state| {
            if let Some(kind) = state.kinds.by_resource(resource) {
                state.store.delete_all(&kind);
                state.kinds.remove(resource);
            }
        });
    }

    /// Comes back once `condition` holds. It is asked again after each change, request, answer, and each begin and
    /// end of a watch; put a timeout around it.
    pub async fn wait_until(&self, condition: impl Fn(&Self) -> bool) {
        let mut ticks = self.shared.ticks();
        loop {
            ticks.borrow_and_update();
            if condition(self) || ticks.changed().await.is_err() {
                return;
            }
        }
    }
}

fn key(object: &str) -> Key {
    let (namespace, name) = object.split_once('/').unwrap_or(("", object));
    (namespace.to_owned(), name.to_owned())
}

fn locate(state: &State, resource: &str, object: &str) -> Result<(Arc<Kind>, Key), Failure> {
    let kind = state.kinds.by_resource(resource).ok_or_else(|| not_served(resource))?;
    Ok((kind, key(object)))
}

fn kind_of(state: &State, object: &Value) -> Result<(Arc<Kind>, Key), Failure> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (api_version, name) = (text(&object["apiVersion"]), text(&object["kind"]));
    let kind = state
        .kinds
        .by_object(&api_version, &name)
        .ok_or_else(|| not_served(&format!("{api_version} {name}")))?;
    let mut key = (text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]));
    if kind.namespaced && key.0.is_empty() {
        "default".clone_into(&mut key.0);
    } else if !kind.namespaced {
        key.0.clear();
    }
    Ok((kind, key))
}

fn create(state: &mut State, object: Value) -> Result<Value, Failure> {
    let (kind, key) = kind_of(state, &object)?;
    state.store.create(&kind, &key.0, object).map(|stored| (*stored).clone())
}

fn replace(state: &mut State, object: Value) -> Result<Value, Failure> {
    let (kind, key) = kind_of(state, &object)?;
    state.store.update(&kind, &key, Part::Whole, object).map(|stored| (*stored).clone())
}

fn not_served(what: &str) -> Failure {
    Failure::new(404, format!("{what} is not served"))
}
