use bytes::BytesMut;
use godwit_wire::{HEADER_LEN, MESSAGE_LEN_MAX, Notification, next_frame};

/// The body of a NOTIFICATION: read, told in words, written again.
pub fn wire_notification(data: &[u8]) {
    let Ok(notification) = Notification::parse(data) else { return };
    assert!(!notification.describe_with_data().chars().any(char::is_control));
    let hard = Notification::hard_reset(&notification);
    assert_eq!((hard.code, hard.subcode, hard.inner().is_some()), (6, 9, true));
    let _ = (notification.inner(), hard.describe());
    if let Some(text) = notification.shutdown_message() {
        assert!(!text.chars().any(char::is_control));
    }
    let mut out = BytesMut::new();
    notification.encode(&mut out);
    let frame = next_frame(&out, MESSAGE_LEN_MAX).expect("ours").expect("whole");
    if data.len() + HEADER_LEN <= MESSAGE_LEN_MAX {
        assert_eq!(frame.body, data);
    }
}
