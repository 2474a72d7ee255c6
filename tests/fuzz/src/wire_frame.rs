use godwit_wire::{EXTENDED_MESSAGE_LEN_MAX, HEADER_LEN, MESSAGE_LEN_MAX, next_frame};

/// A byte stream cut into messages.
pub fn wire_frame(data: &[u8]) {
    for len_max in [MESSAGE_LEN_MAX, EXTENDED_MESSAGE_LEN_MAX] {
        let mut rest = data;
        loop {
            match next_frame(rest, len_max) {
                Ok(Some(frame)) => {
                    assert!(frame.len <= len_max && frame.body.len() + HEADER_LEN == frame.len);
                    rest = rest.get(frame.len..).expect("a whole message");
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.notification().code, 1);
                    break;
                }
            }
        }
    }
}
