use godwit_control::{Kind, decode};

/// What a datastore holds, as an object of the kind that the first octet says, as a manifest and as a value
/// of etcd: read, or refused in one line.
pub fn control_decode(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let kind = Kind::ALL[usize::from(*kind) % Kind::ALL.len()];
    let key = "/calico/ipam/v2/host/n/ipv4/block/10.0.0.0-26";
    let (_, affinity) = decode::etcd_affinity(key, text).expect("a block");
    is_a_line(affinity.err());
    let value = match decode::json(text) {
        Ok(value) => value,
        Err(error) => return is_a_line(Some(error)),
    };
    match decode::resource(kind, &value) {
        Ok(found) => assert!(found.is_none_or(|resource| resource.kind() == kind)),
        Err(error) => is_a_line(Some(error)),
    }
    is_a_line(decode::id(kind, &value).err());
    is_a_line(decode::manifest(&value).err());
}

/// Errors go into logs and replies.
fn is_a_line(error: Option<String>) {
    let Some(error) = error else { return };
    assert!(!error.is_empty() && error.len() < 2000 && !error.chars().any(char::is_control));
}
