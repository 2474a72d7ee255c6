//! From the JSON of lists and watches to objects. Each is read by itself, and all but what BGP needs is
//! gone before the next is looked at.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Id, Kind, Object, decode};

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// The revision of the list.
    pub(super) revision: Box<str>,
    /// Leads to the next page, if there is one.
    pub(super) next: Option<Box<str>>,
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawPage<'a> {
    #[serde(default)]
    metadata: Metadata<'a>,
    #[serde(default, borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    resource_version: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "continue")]
    next: Option<Cow<'a, str>>,
}

/// An object, as far as everything has it.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(default, borrow)]
    metadata: Metadata<'a>,
}

#[derive(Deserialize)]
struct RawEvent<'a> {
    #[serde(borrow, rename = "type")]
    of_type: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

/// An event of a watch.
#[derive(Debug)]
pub(super) enum Event<'a> {
    /// An object is there, at this revision.
    There(Box<str>, &'a RawValue),
    /// An object is gone, at this revision.
    Gone(Box<str>, &'a RawValue),
    /// All is told up to this revision.
    Bookmark(Box<str>),
    /// The watch is over.
    Error(&'a RawValue),
}

/// Reads a page.
///
/// # Errors
/// It is not a whole list. Nothing of it is shown: it may be one of secrets.
pub(super) fn page(text: &[u8]) -> Result<Page<'_>, String> {
    let RawPage { metadata, items } = serde_json::from_slice(text).map_err(|e| place(&e))?;
    let items = items.unwrap_or_default();
    let revision = metadata.resource_version.filter(|r| !r.is_empty()).ok_or("the list has no revision")?;
    let next = metadata.next.filter(|n| !n.is_empty());
    Ok(Page { revision: revision.into(), next: next.map(Into::into), items })
}

/// Reads an event; none if it is of a sort that is not known.
///
/// # Errors
/// It is no event.
pub(super) fn event(line: &[u8]) -> Result<Option<Event<'_>>, String> {
    let RawEvent { of_type, object } = serde_json::from_slice(line).map_err(|e| place(&e))?;
    if of_type == "ERROR" {
        return Ok(Some(Event::Error(object)));
    }
    let named: Named<'_> = serde_json::from_str(object.get()).map_err(|e| place(&e))?;
    let revision = named.metadata.resource_version.filter(|r| !r.is_empty());
    let revision = revision.ok_or("an event has no revision")?.into();
    Ok(match &*of_type {
        "ADDED" | "MODIFIED" => Some(Event::There(revision, object)),
        "DELETED" => Some(Event::Gone(revision, object)),
        "BOOKMARK" => Some(Event::Bookmark(revision)),
        _ => None,
    })
}

/// Where in the JSON an error is, and what it is, but nothing of what is there.
fn place(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Io | Category::Syntax => "no JSON",
        Category::Data => "not what it should be",
        Category::Eof => "cut off",
    };
    format!("the answer is {what} (line {}, column {})", error.line(), error.column())
}

/// What an object is to this node.
#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    /// It is there.
    There(Object),
    /// It counts as not being there.
    NotThere(Id),
    /// It belongs to another node.
    Foreign(Id),
}

impl Page<'_> {
    /// How many objects it has.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The objects' texts.
    pub(super) fn items(&self) -> impl Iterator<Item = &RawValue> {
        self.items.iter().copied()
    }
}

/// Reads an object of a kind, for a node of this name.
///
/// # Errors
/// It has no name, so that nothing can be said of it.
pub(super) fn look(kind: Kind, own: &str, object: &RawValue) -> Result<Seen, String> {
    let text = object.get();
    let value = match decode::json(text.as_bytes()) {
        Ok(value) => value,
        Err(reason) => {
            let id = name(kind, text)?;
            return Ok(Seen::There(Object { id, resource: Err(reason) }));
        }
    };
    let id = decode::id(kind, &value)?;
    if kind == Kind::BlockAffinity {
        let node = value.get("spec").and_then(|spec| spec.get("node")).and_then(Value::as_str);
        if node.is_some_and(|node| node != own) {
            return Ok(Seen::Foreign(id));
        }
    }
    Ok(match decode::resource(kind, &value) {
        Ok(Some(resource)) => Seen::There(Object { id, resource: Ok(resource) }),
        Ok(None) => Seen::NotThere(id),
        Err(reason) => Seen::There(Object { id, resource: Err(reason) }),
    })
}

/// The identity of an object, of which no more is read.
///
/// # Errors
/// It has no name.
pub(super) fn name(kind: Kind, text: &str) -> Result<Id, String> {
    #[derive(Deserialize)]
    struct Whose {
        metadata: Value,
    }
    let Whose { metadata } = serde_json::from_str(text).map_err(|e| place(&e))?;
    decode::id(kind, &serde_json::json!({ "metadata": metadata }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn a_cut_page_is_refused_and_nothing_of_it_is_shown() {
        let whole =
            r#"{"metadata":{"resourceVersion":"7","continue":"next"},"items":[{"data":{"k":"c2VjcmV0"}}]}"#;
        let read = page(whole.as_bytes()).unwrap();
        assert_eq!((&*read.revision, read.next.as_deref(), read.len()), ("7", Some("next"), 1));
        for end in 0..whole.len() {
            let error = page(&whole.as_bytes()[..end]).unwrap_err();
            assert!(!error.contains("c2Vj"), "{error}");
        }
        assert!(page(br#"{"metadata":{},"items":[]}"#).is_err());
        let null = page(br#"{"metadata":{"resourceVersion":"1"},"items":null}"#);
        assert_eq!(null.unwrap().len(), 0);
    }

    #[test]
    fn an_object_that_is_no_json_value_is_refused_by_its_name() {
        let object = raw(r#"{"metadata":{"name":"p"},"spec":{"asNumber":1e999}}"#);
        let Seen::There(object) = look(Kind::BgpPeer, "n", &object).unwrap() else { panic!() };
        assert_eq!(object.id, Id::new(Kind::BgpPeer, "p"));
        assert!(object.resource.is_err());
        assert!(look(Kind::BgpPeer, "n", &raw(r#"{"metadata":{}}"#)).is_err());
        assert!(look(Kind::BgpPeer, "n", &raw("7")).is_err());
    }

    #[test]
    fn an_affinity_is_looked_at_only_if_it_may_be_ours() {
        let of = |spec: &str| raw(&format!(r#"{{"metadata":{{"name":"a"}},"spec":{spec}}}"#));
        let id = || Id::new(Kind::BlockAffinity, "a");
        let look = |spec: &str| look(Kind::BlockAffinity, "n1", &of(spec)).unwrap();
        assert_eq!(look(r#"{"node":"n2","cidr":"nonsense"}"#), Seen::Foreign(id()));
        assert!(matches!(
            look(r#"{"node":"n1","cidr":"10.0.0.0/26","deleted":"false"}"#),
            Seen::There(Object { resource: Ok(_), .. })
        ));
        for deleted in [r#""true""#, "true"] {
            let spec = format!(r#"{{"node":"n1","cidr":"10.0.0.0/26","deleted":{deleted}}}"#);
            assert_eq!(look(&spec), Seen::NotThere(id()));
        }
        assert!(matches!(look("{}"), Seen::There(Object { resource: Err(_), .. })));
    }

    #[test]
    fn events_of_all_sorts() {
        let read = |text: &str| event(text.as_bytes()).map(|e| e.map(|e| format!("{e:?}")));
        let object = r#"{"metadata":{"name":"a","resourceVersion":"5"}}"#;
        for (of_type, expected) in
            [("ADDED", "There"), ("MODIFIED", "There"), ("DELETED", "Gone"), ("BOOKMARK", "Bookmark(\"5\"")]
        {
            let text = format!(r#"{{"type":"{of_type}","object":{object}}}"#);
            assert!(read(&text).unwrap().unwrap().starts_with(expected));
        }
        assert_eq!(read(&format!(r#"{{"type":"NEW","object":{object}}}"#)), Ok(None));
        assert!(read(r#"{"type":"ERROR","object":{"code":410}}"#).unwrap().unwrap().starts_with("Error"));
        for text in ["", "{}", "<html>", r#"{"type":"ADDED","object":{}}"#, r#"{"type":"ADDED"}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let key = prop_oneof![
                Just("metadata"),
                Just("items"),
                Just("type"),
                Just("object"),
                Just("name"),
                Just("spec"),
                Just("node"),
                Just("resourceVersion"),
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key.prop_map(String::from), inner, 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_makes_a_panic(octets in proptest::collection::vec(any::<u8>(), 0..64), value in json()) {
            let text = value.to_string();
            for text in [octets.as_slice(), text.as_bytes()] {
                let read = (page(text).is_ok(), event(text).is_ok());
                // No text is both.
                prop_assert_ne!(read, (true, true));
            }
            let object = raw(&text);
            for kind in Kind::ALL {
                if let Ok(Seen::There(Object { id, .. })) = look(kind, "n1", &object) {
                    prop_assert_eq!(name(kind, &text).map(|id| id.name), Ok(id.name));
                }
            }
        }
    }
}
