//! The messages of etcd's v3 protocol that are needed, with the field numbers of its public `rpc.proto`,
//! `kv.proto`. Written by hand, so that no build needs `protoc`; fields that nobody reads are left out.

/// Stands before every answer.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(super) struct ResponseHeader {
    /// Of the cluster; another one has another history.
    #[prost(uint64, tag = "1")]
    pub(super) cluster_id: u64,
    /// Of the key-value store. In a watch's progress: nothing older will come.
    #[prost(int64, tag = "3")]
    pub(super) revision: i64,
    /// Never goes back within one history.
    #[prost(uint64, tag = "4")]
    pub(super) raft_term: u64,
}

/// A key and its value.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct KeyValue {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) key: Vec<u8>,
    /// When it was last changed; of a deletion: when it was deleted.
    #[prost(int64, tag = "3")]
    pub(super) mod_revision: i64,
    #[prost(bytes = "vec", tag = "5")]
    pub(super) value: Vec<u8>,
}

/// A change of a key.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Event {
    #[prost(enumeration = "EventType", tag = "1")]
    pub(super) r#type: i32,
    #[prost(message, optional, tag = "2")]
    pub(super) kv: Option<KeyValue>,
}

/// What became of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub(super) enum EventType {
    /// It was written.
    Put = 0,
    /// It was removed.
    Delete = 1,
}

/// `KV/Range`: linearizable, unless said otherwise.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct RangeRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) key: Vec<u8>,
    /// The first key that is not meant.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) range_end: Vec<u8>,
    /// Of keys; 0: no limit.
    #[prost(int64, tag = "3")]
    pub(super) limit: i64,
    /// 0: the latest.
    #[prost(int64, tag = "4")]
    pub(super) revision: i64,
    #[prost(bool, tag = "8")]
    pub(super) keys_only: bool,
}

/// Its answer; keys are in order.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct RangeResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) header: Option<ResponseHeader>,
    #[prost(message, repeated, tag = "2")]
    pub(super) kvs: Vec<KeyValue>,
    /// There are keys after the last of these.
    #[prost(bool, tag = "3")]
    pub(super) more: bool,
}

/// What a client says on `Watch/Watch`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct WatchRequest {
    #[prost(oneof = "WatchAsk", tags = "1, 3")]
    pub(super) ask: Option<WatchAsk>,
}

/// Which of the requests.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub(super) enum WatchAsk {
    #[prost(message, tag = "1")]
    Create(WatchCreateRequest),
    #[prost(message, tag = "3")]
    Progress(WatchProgressRequest),
}

/// A watcher on the stream.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct WatchCreateRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) range_end: Vec<u8>,
    /// The first revision whose events are sent.
    #[prost(int64, tag = "3")]
    pub(super) start_revision: i64,
    /// Say every ten minutes or so how far a quiet watcher is.
    #[prost(bool, tag = "4")]
    pub(super) progress_notify: bool,
    /// Ours to choose, since 3.4; not 0.
    #[prost(int64, tag = "7")]
    pub(super) watch_id: i64,
    /// Large answers may come in parts.
    #[prost(bool, tag = "8")]
    pub(super) fragment: bool,
}

/// Asks for a sign of life, since 3.4.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(super) struct WatchProgressRequest {}

/// What etcd says on `Watch/Watch`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct WatchResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) header: Option<ResponseHeader>,
    /// Whose; -1: the stream's, in answer to a progress request.
    #[prost(int64, tag = "2")]
    pub(super) watch_id: i64,
    #[prost(bool, tag = "3")]
    pub(super) created: bool,
    #[prost(bool, tag = "4")]
    pub(super) canceled: bool,
    /// Not 0: what was asked for is compacted, this is the oldest there is. `cancel_reason` is empty then.
    #[prost(int64, tag = "5")]
    pub(super) compact_revision: i64,
    #[prost(string, tag = "6")]
    pub(super) cancel_reason: String,
    /// The rest of the events is in the next answer to this watcher.
    #[prost(bool, tag = "7")]
    pub(super) fragment: bool,
    #[prost(message, repeated, tag = "11")]
    pub(super) events: Vec<Event>,
}

/// `Auth/Authenticate`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct AuthenticateRequest {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) password: String,
}

/// Its answer.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct AuthenticateResponse {
    /// Goes as metadata `token` with every call.
    #[prost(string, tag = "2")]
    pub(super) token: String,
}

/// `Maintenance/Status`: of one member.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(super) struct StatusRequest {}

/// Its answer.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(super) struct StatusResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) header: Option<ResponseHeader>,
    /// Of the log of writes; never goes back within one history.
    #[prost(uint64, tag = "5")]
    pub(super) raft_index: u64,
}

impl WatchRequest {
    /// Opens a watcher.
    pub(super) fn create(request: WatchCreateRequest) -> Self {
        Self { ask: Some(WatchAsk::Create(request)) }
    }

    /// Asks for a sign of life.
    pub(super) fn progress() -> Self {
        Self { ask: Some(WatchAsk::Progress(WatchProgressRequest {})) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    #[test]
    fn the_octets_are_those_of_rpc_proto() {
        let create = WatchCreateRequest {
            key: b"a".to_vec(),
            range_end: b"b".to_vec(),
            start_revision: 7,
            progress_notify: true,
            watch_id: 2,
            fragment: true,
        };
        // Field 1 of the union, then fields 1, 2, 3, 4, 7, 8.
        let expected = [0x0a, 0x0e, 0x0a, 1, b'a', 0x12, 1, b'b', 0x18, 7, 0x20, 1, 0x38, 2, 0x40, 1];
        assert_eq!(WatchRequest::create(create).encode_to_vec(), expected);
        assert_eq!(WatchRequest::progress().encode_to_vec(), [0x1a, 0]);
        let range = RangeRequest {
            key: b"a".to_vec(),
            range_end: b"b".to_vec(),
            limit: 5,
            revision: 6,
            keys_only: true,
        };
        assert_eq!(range.encode_to_vec(), [0x0a, 1, b'a', 0x12, 1, b'b', 0x18, 5, 0x20, 6, 0x40, 1]);
    }

    #[test]
    fn an_answer_with_fields_nobody_reads_is_read() {
        // Header with member_id (2), events (11) with prev_kv (3) and a key with create_revision, version, lease.
        let kv = [0x0a, 1, b'k', 0x10, 3, 0x18, 9, 0x20, 2, 0x2a, 1, b'v', 0x30, 4];
        let mut octets =
            vec![0x0a, 8, 0x08, 1, 0x10, 2, 0x18, 9, 0x20, 4, 0x10, 3, 0x5a, 20, 0x08, 1, 0x12, 14];
        octets.extend(kv);
        octets.extend([0x1a, 0]);
        let answer = WatchResponse::decode(octets.as_slice()).expect("it is well formed");
        assert_eq!(answer.header, Some(ResponseHeader { cluster_id: 1, revision: 9, raft_term: 4 }));
        assert_eq!(answer.watch_id, 3);
        let event = answer.events.first().expect("there is one");
        assert_eq!(event.r#type(), EventType::Delete);
        let expected = KeyValue { key: b"k".to_vec(), mod_revision: 9, value: b"v".to_vec() };
        assert_eq!(event.kv, Some(expected));
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = WatchResponse::decode(octets.as_slice());
            let _ = RangeResponse::decode(octets.as_slice());
        }
    }
}
