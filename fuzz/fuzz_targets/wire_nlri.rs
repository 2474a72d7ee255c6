//! A field of prefixes, of both families, with path identifiers and without: what is read is written to a
//! field that reads the same.
#![no_main]

use bytes::BytesMut;
use godwit_wire::{MessageError, NlriItem, ipv4_nlri, ipv4_path_nlri, ipv6_nlri, ipv6_path_nlri};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    check(data, |field| ipv4_nlri(field).map(Iterator::collect));
    check(data, |field| ipv6_nlri(field).map(Iterator::collect));
    check(data, |field| ipv4_path_nlri(field).map(Iterator::collect));
    check(data, |field| ipv6_path_nlri(field).map(Iterator::collect));
});

fn check<N: NlriItem + PartialEq + std::fmt::Debug>(
    field: &[u8],
    read: impl Fn(&[u8]) -> Result<Vec<N>, MessageError>,
) {
    let nets = match read(field) {
        Ok(nets) => nets,
        Err(error) => {
            assert_eq!((error.notification().code, error.notification().subcode), (3, 10));
            return;
        }
    };
    let mut out = BytesMut::new();
    for net in &nets {
        let before = out.len();
        net.put(&mut out);
        assert!(out.len() - before == net.nlri_len() && net.nlri_len() <= N::LEN_MAX);
    }
    assert_eq!(out.len(), field.len());
    assert_eq!(read(&out).expect("ours"), nets);
}
