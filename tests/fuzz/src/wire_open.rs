use bytes::BytesMut;
use godwit_wire::{MESSAGE_LEN_MAX, Open, next_frame};

/// The body of an OPEN: what is read is written to something that reads the same.
pub fn wire_open(data: &[u8]) {
    let open = match Open::parse(data) {
        Ok(open) => open,
        Err(error) => {
            assert_eq!(error.notification().code, 2);
            return;
        }
    };
    let _ = (open.families(), open.effective_as(), open.graceful_restart());
    let _ = (open.role(), open.extended_next_hop(2), open.long_lived_graceful_restart());
    if let Some(name) = open.hostname() {
        assert!(!name.to_string().chars().any(char::is_control));
    }
    assert!(open.message_len_max() >= MESSAGE_LEN_MAX);
    // What a frame cannot hold need not survive: the parser is called with frames only.
    if data.len() < MESSAGE_LEN_MAX - 100 {
        let mut out = BytesMut::new();
        open.encode(&mut out);
        let frame = next_frame(&out, MESSAGE_LEN_MAX).expect("ours").expect("whole");
        assert_eq!(Open::parse(frame.body).expect("ours"), open);
    }
}
