use bytes::BytesMut;
use godwit_wire::{MESSAGE_LEN_MAX, RouteRefresh, next_frame};

/// The body of a ROUTE-REFRESH.
pub fn wire_route_refresh(data: &[u8]) {
    match RouteRefresh::parse(data) {
        Ok(refresh) => {
            let mut out = BytesMut::new();
            refresh.encode(&mut out);
            // What follows a subtype that is to be ignored is ignored too.
            assert!(data.len() == 4 || refresh.kind().is_none());
            assert_eq!(next_frame(&out, MESSAGE_LEN_MAX).expect("ours").expect("whole").body, &data[..4]);
        }
        Err(error) => {
            let notification = error.notification();
            assert_eq!((notification.code, notification.subcode), (7, 1));
        }
    }
}
