use bytes::BytesMut;
use godwit_wire::{Capability, MESSAGE_LEN_MAX, Open, next_frame};

/// One capability, code and value, as an OPEN carries it: what is read is written to something that reads the
/// same, and what it says can be shown.
pub fn wire_capability(data: &[u8]) {
    let Some((code, value)) = data.split_first() else { return };
    let Ok(len) = u8::try_from(value.len()) else { return };
    let total = u16::from(len) + 2;
    let mut body = vec![4, 0xfd, 0xe8, 0, 90, 1, 1, 1, 1, 255, 255];
    body.extend((total + 3).to_be_bytes());
    body.push(2);
    body.extend(total.to_be_bytes());
    body.extend([*code, len]);
    body.extend(value);
    let open = match Open::parse(&body) {
        Ok(open) => open,
        Err(error) => {
            assert!(*code == 65 && len != 4, "only AS4 can spoil an OPEN");
            assert_eq!((error.notification().code, error.notification().subcode), (2, 0));
            return;
        }
    };
    assert_eq!(open.capabilities.len(), 1);
    if let Capability::Unknown { code: kept, value: octets } = &open.capabilities[0] {
        assert!(kept == code && octets == value);
    }
    if let Some(name) = open.hostname() {
        assert!(!name.to_string().chars().any(char::is_control));
    }
    assert!(open.long_lived_graceful_restart().is_none_or(|f| f.iter().all(|f| f.stale_time_secs < 1 << 24)));
    if let Err(refused) = open.role() {
        assert_eq!((*code, refused.code, refused.subcode), (9, 2, 11));
    }
    let mut out = BytesMut::new();
    open.encode(&mut out);
    let frame = next_frame(&out, MESSAGE_LEN_MAX).expect("ours").expect("whole");
    assert_eq!(Open::parse(frame.body).expect("ours"), open);
}
