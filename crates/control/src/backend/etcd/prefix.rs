//! What is under which key (calico.md §1.5).

use serde_json::Value;

use crate::{Id, Kind, Object, Resource, Scope, Update, decode};

use super::rpc::{Event, EventType, KeyValue};

/// Where etcd has the objects of a kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Prefix {
    /// Which kind.
    pub(super) kind: Kind,
    /// What their keys begin with; ends in a slash.
    pub(super) key: String,
}

/// The prefixes that a node watches.
pub(super) fn all(node: &str) -> Vec<Prefix> {
    let resources = [
        (Kind::Node, "nodes"),
        (Kind::IpPool, "ippools"),
        (Kind::BgpConfiguration, "bgpconfigurations"),
        (Kind::BgpPeer, "bgppeers"),
        (Kind::BgpFilter, "bgpfilters"),
    ];
    let mut prefixes: Vec<Prefix> = resources
        .into_iter()
        .map(|(kind, plural)| Prefix {
            kind,
            key: format!("/calico/resources/v3/projectcalico.org/{plural}/"),
        })
        .collect();
    prefixes.push(Prefix { kind: Kind::BlockAffinity, key: format!("/calico/ipam/v2/host/{node}/") });
    prefixes
}

impl Prefix {
    /// What a list of it is a list of.
    pub(super) fn scope(&self) -> Scope {
        Scope::Kind(self.kind)
    }

    /// The first key after all that begin so.
    pub(super) fn end(&self) -> Vec<u8> {
        let mut end = self.key.clone().into_bytes();
        // It ends in a slash, and there is an octet after that one.
        if let Some(last) = end.last_mut() {
            *last = last.saturating_add(1);
        }
        end
    }

    /// Which object is at a key; `None`: none of ours.
    fn id(&self, key: &[u8]) -> Option<Id> {
        let key = std::str::from_utf8(key).ok()?;
        if self.kind == Kind::BlockAffinity {
            return decode::etcd_affinity(key, b"").map(|(id, _)| id);
        }
        let name = key.strip_prefix(self.key.as_str())?;
        (!name.is_empty() && !name.contains('/')).then(|| Id::new(self.kind, name))
    }

    /// The object at a key; the resource is `None` if it counts as not being there.
    fn read(&self, kv: &KeyValue) -> Option<(Id, Result<Option<Resource>, String>)> {
        if self.kind == Kind::BlockAffinity {
            return decode::etcd_affinity(std::str::from_utf8(&kv.key).ok()?, &kv.value);
        }
        let id = self.id(&kv.key)?;
        let resource = serde_json::from_slice::<Value>(&kv.value)
            .map_err(|e| format!("it is no JSON: {e}"))
            .and_then(|value| decode::resource(self.kind, &value));
        Some((id, resource))
    }

    /// The objects of a list.
    pub(super) fn listed(&self, kvs: &[KeyValue]) -> Update {
        let objects = kvs
            .iter()
            .filter_map(|kv| self.read(kv))
            .filter_map(|(id, resource)| Some(Object { id, resource: resource.transpose()? }))
            .collect();
        Update::Listed { scope: self.scope(), objects }
    }

    /// What an event says; `None`: nothing of ours.
    pub(super) fn changed(&self, event: &Event) -> Option<Update> {
        let kv = event.kv.as_ref()?;
        if event.r#type() == EventType::Delete {
            return self.id(&kv.key).map(Update::Deleted);
        }
        let (id, resource) = self.read(kv)?;
        Some(match resource.transpose() {
            Some(resource) => Update::Changed(Object { id, resource }),
            None => Update::Deleted(id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kv(key: &str, value: &str) -> KeyValue {
        KeyValue { key: key.into(), mod_revision: 1, value: value.into() }
    }

    fn of(kind: Kind) -> Prefix {
        all("n1").into_iter().find(|p| p.kind == kind).expect("every kind has one")
    }

    #[test]
    fn the_end_is_after_every_key_of_the_prefix_only() {
        let prefix = of(Kind::BlockAffinity);
        assert_eq!(prefix.key, "/calico/ipam/v2/host/n1/");
        assert_eq!(prefix.end(), b"/calico/ipam/v2/host/n10");
        // The node whose name goes on is not within.
        assert!(b"/calico/ipam/v2/host/n1/ipv4/block/10.0.0.0-26".as_slice() < prefix.end().as_slice());
        assert!(b"/calico/ipam/v2/host/n10/ipv4/".as_slice() >= prefix.end().as_slice());
    }

    #[test]
    fn the_name_is_the_last_part_of_the_key() {
        let nodes = of(Kind::Node);
        let key = "/calico/resources/v3/projectcalico.org/nodes/";
        assert_eq!(nodes.id(format!("{key}a.b").as_bytes()), Some(Id::new(Kind::Node, "a.b")));
        assert_eq!(nodes.id(key.as_bytes()), None);
        assert_eq!(nodes.id(format!("{key}a/b").as_bytes()), None);
        assert_eq!(nodes.id(&[key.as_bytes(), &[0xff]].concat()), None);
        assert_eq!(nodes.id(b"/elsewhere/a"), None);
    }

    #[test]
    fn what_is_no_json_is_an_object_that_is_refused() {
        let key = "/calico/resources/v3/projectcalico.org/nodes/a";
        let Update::Listed { scope, objects } = of(Kind::Node).listed(&[kv(key, "{")]) else {
            panic!("a list")
        };
        assert_eq!(scope, Scope::Kind(Kind::Node));
        let object = objects.first().expect("one");
        assert_eq!(object.id, Id::new(Kind::Node, "a"));
        let error = object.resource.as_ref().expect_err("refused");
        assert!(error.starts_with("it is no JSON: "), "{error}");
    }

    #[test]
    fn a_deletion_names_the_object() {
        let key = "/calico/resources/v3/projectcalico.org/bgppeers/a";
        let event = Event { r#type: EventType::Delete.into(), kv: Some(kv(key, "")) };
        let expected = Update::Deleted(Id::new(Kind::BgpPeer, "a"));
        assert_eq!(of(Kind::BgpPeer).changed(&event), Some(expected));
        assert_eq!(of(Kind::BgpPeer).changed(&Event::default()), None);
    }

    #[test]
    fn an_affinity_without_a_value_is_there() {
        let key = "/calico/ipam/v2/host/n1/ipv4/block/10.0.0.0-26";
        let prefix = of(Kind::BlockAffinity);
        let event = Event { r#type: EventType::Put.into(), kv: Some(kv(key, "")) };
        let Some(Update::Changed(object)) = prefix.changed(&event) else { panic!("a change") };
        assert!(object.resource.is_ok(), "{object:?}");
        let gone = Event { r#type: EventType::Delete.into(), kv: Some(kv(key, "")) };
        assert_eq!(prefix.changed(&gone), Some(Update::Deleted(object.id.clone())));
        let deleted = Event {
            r#type: EventType::Put.into(),
            kv: Some(kv(key, r#"{"state":"confirmed","deleted":true}"#)),
        };
        assert_eq!(prefix.changed(&deleted), Some(Update::Deleted(object.id)));
    }
}
