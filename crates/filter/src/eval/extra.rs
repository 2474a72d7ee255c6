//! Attributes kept by name or by number: kernel, IGP and custom ones, and those of BGP that have no meaning here.

use std::net::IpAddr;

use godwit_wire::{PathAttributes, RareAttributes, UnknownAttribute};

use crate::lists::ListRef;
use crate::route::{AttributeValue, RouteAttributes};
use crate::types::{EnumKind, Type};
use crate::value::Value;

/// Optional and transitive (RFC 4271 §4.3): what a filter adds goes on through who does not know it.
const OPTIONAL_TRANSITIVE: u8 = 0xc0;

/// The path or list an attribute of such a type is, empty if undefined.
pub(super) fn list<'a>(route: &'a RouteAttributes, name: &str, of: Type) -> Option<ListRef<'a>> {
    if !matches!(of, Type::Path | Type::Clist | Type::Eclist | Type::Lclist) {
        return None;
    }
    Some(match (route.extra(name), of) {
        (Some(AttributeValue::Path(path)), _) => ListRef::Path(path),
        (Some(AttributeValue::Clist(list)), _) => ListRef::Clist(list),
        (Some(AttributeValue::Eclist(list)), _) => ListRef::Eclist(list),
        (Some(AttributeValue::Lclist(list)), _) => ListRef::Lclist(list),
        (_, Type::Path) => ListRef::path(None),
        (_, Type::Clist) => ListRef::Clist(&[]),
        (_, Type::Eclist) => ListRef::Eclist(&[]),
        _ => ListRef::Lclist(&[]),
    })
}

/// The value of an attribute that is not a list.
pub(super) fn read(route: &RouteAttributes, name: &str, of: Type) -> Value {
    let Some(value) = route.extra(name) else {
        return list(route, name, of).map_or(Value::Void, ListRef::to_value);
    };
    match (value, of) {
        (AttributeValue::Ip(IpAddr::V4(ip)), Type::Quad) => Value::Quad((*ip).into()),
        (AttributeValue::Int(n), Type::Enum(kind)) => Value::Enum(kind, *n as u8),
        (AttributeValue::Int(n), _) => Value::Int(*n),
        (AttributeValue::Bool(b), _) => Value::Bool(*b),
        (AttributeValue::Ip(ip), _) => Value::Ip(*ip),
        (AttributeValue::String(text), _) => Value::String(text.clone()),
        (AttributeValue::Bytes(octets), _) => Value::Bytes(octets.clone()),
        (AttributeValue::Path(path), _) => Value::Path(path.clone()),
        (AttributeValue::Clist(list), _) => Value::Clist(list.clone()),
        (AttributeValue::Eclist(list), _) => Value::Eclist(list.clone()),
        (AttributeValue::Lclist(list), _) => Value::Lclist(list.clone()),
    }
}

/// A value as an attribute of a type: `None` for a list without members, which is as good as none. The value
/// comes back as `Err` if it is of another type.
pub(super) fn of_value(of: Type, value: Value) -> Result<Option<AttributeValue>, Value> {
    Ok(Some(match (of, value) {
        (Type::Int, Value::Int(n)) => AttributeValue::Int(n),
        (Type::Enum(EnumKind::Ra), Value::Enum(EnumKind::Ra, n)) => AttributeValue::Int(n.into()),
        (Type::Bool, Value::Bool(b)) => AttributeValue::Bool(b),
        (Type::Ip, Value::Ip(ip)) => AttributeValue::Ip(ip),
        (Type::Quad, Value::Quad(n)) => AttributeValue::Ip(IpAddr::V4(n.into())),
        (Type::Quad, Value::Ip(IpAddr::V4(ip))) => AttributeValue::Ip(IpAddr::V4(ip)),
        (Type::String, Value::String(text)) => AttributeValue::String(text),
        (Type::Bytes, Value::Bytes(octets)) => AttributeValue::Bytes(octets),
        (Type::Path, Value::Path(path)) => AttributeValue::Path(path),
        (Type::Clist, Value::Clist(list)) if list.is_empty() => return Ok(None),
        (Type::Eclist, Value::Eclist(list)) if list.is_empty() => return Ok(None),
        (Type::Lclist, Value::Lclist(list)) if list.is_empty() => return Ok(None),
        (Type::Clist, Value::Clist(list)) => AttributeValue::Clist(list),
        (Type::Eclist, Value::Eclist(list)) => AttributeValue::Eclist(list),
        (Type::Lclist, Value::Lclist(list)) => AttributeValue::Lclist(list),
        (_, value) => return Err(value),
    }))
}

/// The octets of a path attribute by its type code.
pub(super) fn unknown(bgp: &PathAttributes, code: u8) -> Option<&[u8]> {
    let list = &bgp.rare.as_deref()?.unknown;
    list.iter().find(|a| a.code == code).map(|a| &*a.value)
}

/// Sets a path attribute by its type code, or removes it.
pub(super) fn set_unknown(rare: &mut RareAttributes, code: u8, octets: Option<&[u8]>) {
    let place = rare.unknown.binary_search_by_key(&code, |a| a.code);
    match (place, octets) {
        (Ok(i), Some(octets)) => {
            if let Some(a) = rare.unknown.get_mut(i) {
                a.value = octets.into();
            }
        }
        (Ok(i), None) => {
            rare.unknown.remove(i);
        }
        (Err(i), Some(octets)) => {
            let flags = OPTIONAL_TRANSITIVE;
            rare.unknown.insert(i, UnknownAttribute { flags, code, value: octets.into() });
        }
        (Err(_), None) => {}
    }
}
