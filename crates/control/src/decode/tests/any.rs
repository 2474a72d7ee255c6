//! Whatever a datastore holds, it is read or refused.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

/// Names that lead somewhere.
const FIELDS: &str = "(kind|apiVersion|metadata|name|namespace|labels|annotations|spec|status|bgp|data|stringData|\
    projectcalico.org/(IPv4Address|IPv6Address|ASNumber|labels)|ipv4Address|asNumber|podCIDRs|wireguard|\
    cidr|ipipMode|communities|value|values|prefixAdvertisements|nodeMeshPassword|secretKeyRef|key|listenPort|\
    ignoredInterfaces|serviceClusterIPs|nodeMeshMaxRestartTime|peerIP|peerSelector|nodeSelector|reachableBy|\
    ttlSecurity|filters|importV4|exportV6|action|matchOperator|prefixLength|min|max|operations|prependASPath|\
    prefix|setPriority|addCommunity|asPathPrefix|deleted|state|node|type|clusterIP|clusterIPs|ipFamilies|\
    loadBalancer|ingress|ip|addressType|endpoints|nodeName|conditions|ready|subsets|addresses|bgpPeerName|\
    ipv4Nets|ipv6Nets|x)";

/// Values that get past the first check.
const TEXTS: &str = "(10\\.0\\.0\\.[0-9]{1,3}(/[0-9]{1,3})?|fd00::[0-9a-f]{1,4}(/[0-9]{1,3})?|\\[fd00::1\\]:[0-9]{0,6}|\
    [0-9]{1,6}(:[0-9]{1,6}){0,3}|[0-9]{1,6}(\\.[0-9]{1,6})?(h|m|s|ms)?|true|no|Accept|Reject|In|Equal|confirmed|\
    Endpoints|Node|Service|projectcalico.org/v3|has\\(a\\)|YQ==|\\PC{0,5})";

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..200_u64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        TEXTS.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((FIELDS, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn is_a_line(error: &str) -> bool {
    !error.is_empty() && error.chars().count() <= ERROR_LENGTH_MAX + 1 && !error.chars().any(char::is_control)
}

proptest! {
    #[test]
    fn any_value_is_read_or_refused_in_one_line(whole in value(), inner in value()) {
        for value in [&whole, &serde_json::json!({ "spec": inner }), &serde_json::json!({ "data": inner })] {
            for kind in Kind::ALL {
                match resource(kind, value) {
                    Ok(Some(resource)) => prop_assert_eq!(resource.kind(), kind),
                    Ok(None) => prop_assert!(matches!(kind, Kind::BlockAffinity | Kind::EndpointStatus)),
                    Err(error) => prop_assert!(is_a_line(&error), "{:?}", error),
                }
                if let Err(error) = id(kind, value) {
                    prop_assert!(is_a_line(&error), "{:?}", error);
                }
            }
            if let Err(error) = manifest(value) {
                prop_assert!(is_a_line(&error), "{:?}", error);
            }
        }
    }

    #[test]
    fn any_key_and_value_of_etcd(key in "(/calico/ipam/v2/host/)?\\PC{0,12}(/ipv[46]/block/)?\\PC{0,20}", value in any::<Vec<u8>>()) {
        if let Some((id, Err(error))) = etcd_affinity(&key, &value) {
            prop_assert_eq!(id.kind, Kind::BlockAffinity);
            prop_assert!(is_a_line(&error), "{:?}", error);
        }
    }

    #[test]
    fn any_octets(bytes in any::<Vec<u8>>()) {
        if let Err(error) = super::super::json(&bytes) {
            prop_assert!(is_a_line(&error), "{:?}", error);
        }
    }
}
