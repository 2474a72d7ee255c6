use super::*;
use crate::resource::{
    BgpFilter, Community, FilterAction, FilterOperation, FilterRule, MatchOperator, PeerType, PrefixMatch,
};

fn filter(spec: Value) -> BgpFilter {
    match of_spec(Kind::BgpFilter, spec.clone()) {
        Ok(Some(Resource::BgpFilter(filter))) => filter,
        other => panic!("{spec}: {other:?}"),
    }
}

/// The one rule of `importV4`.
fn rule(value: Value) -> FilterRule {
    filter(json!({"importV4": [value]})).import_v4.pop().expect("a rule")
}

fn plain(action: FilterAction) -> FilterRule {
    FilterRule {
        action,
        prefix: None,
        from_remote_peers: false,
        interface: None,
        peer_type: None,
        community: None,
        as_path_prefix: Vec::new(),
        priority: None,
        operations: Vec::new(),
    }
}

#[test]
fn every_field() {
    let found = rule(json!({
        "action": "Accept", "cidr": "10.1.2.3/16", "matchOperator": "NotIn",
        "prefixLength": {"min": 20, "max": 24}, "source": "RemotePeers", "interface": "eth*",
        "peerType": "eBGP", "communities": {"values": ["1:2:3"]}, "asPathPrefix": [64512, "1.1"],
        "priority": 1024,
        "operations": [
            {"addCommunity": {"value": "65000:1"}},
            {"prependASPath": {"prefix": ["1.0", 2]}},
            {"setPriority": {"value": 512}},
        ],
        "unknown": 1,
    }));
    let expected = FilterRule {
        action: FilterAction::Accept,
        prefix: Some(PrefixMatch {
            cidr: net("10.1.0.0/16"),
            operator: MatchOperator::NotIn,
            min_length: Some(20),
            max_length: Some(24),
        }),
        from_remote_peers: true,
        interface: Some("eth*".into()),
        peer_type: Some(PeerType::External),
        community: Some(Community::Large(1, 2, 3)),
        as_path_prefix: vec![64512, 65537],
        priority: Some(1024),
        operations: vec![
            FilterOperation::AddCommunity(Community::Standard(65000, 1)),
            FilterOperation::PrependAsPath(vec![65536, 2]),
            FilterOperation::SetPriority(512),
        ],
    };
    assert_eq!(found, expected);
}

#[test]
fn lists_keep_to_themselves_and_to_their_order() {
    let found = filter(json!({
        "importV4": [{"action": "Accept"}, {"action": "Reject"}],
        "exportV4": [{"action": "Reject"}],
        "importV6": [{"action": "Accept", "cidr": "fd00::/8", "matchOperator": "In"}],
        "exportV6": null,
    }));
    assert_eq!(found.import_v4, [plain(FilterAction::Accept), plain(FilterAction::Reject)]);
    assert_eq!(found.export_v4, [plain(FilterAction::Reject)]);
    assert_eq!(found.import_v6[0].prefix.map(|p| p.operator), Some(MatchOperator::In));
    assert!(found.export_v6.is_empty());
    assert_eq!(filter(json!({})), BgpFilter::default());
}

#[test]
fn what_is_empty_is_not_given() {
    let found = rule(json!({
        "action": "Reject", "cidr": "", "matchOperator": "", "prefixLength": {}, "source": "", "interface": "",
        "peerType": "", "communities": null, "asPathPrefix": [], "priority": null, "operations": [],
    }));
    assert_eq!(found, plain(FilterAction::Reject));
}

#[test]
fn enumerations() {
    for (text, expected) in [
        ("Equal", MatchOperator::Equal),
        ("NotEqual", MatchOperator::NotEqual),
        ("In", MatchOperator::In),
        ("NotIn", MatchOperator::NotIn),
    ] {
        let found = rule(json!({"action": "Reject", "cidr": "10.0.0.0/8", "matchOperator": text}));
        assert_eq!(found.prefix.map(|p| p.operator), Some(expected));
    }
    let found = rule(json!({"action": "Reject", "peerType": "iBGP", "interface": "*"}));
    assert_eq!((found.peer_type, found.interface.as_deref()), (Some(PeerType::Internal), Some("*")));
}

#[test]
fn rules_that_are_refused() {
    let prefix = |length: Value| json!({"action": "Accept", "cidr": "10.0.0.0/16", "matchOperator": "In", "prefixLength": length});
    let operation = |value: Value| json!({"action": "Accept", "operations": [value]});
    for (value, error) in [
        (json!({}), "action: "),
        (json!({"action": "accept"}), "action: \"accept\" is neither"),
        (json!({"action": "Accept", "cidr": "10.0.0.0/8"}), "matchOperator: "),
        (json!({"action": "Accept", "matchOperator": "In"}), "cidr: "),
        (json!({"action": "Accept", "cidr": "10.0.0.0/8", "matchOperator": "Within"}), "matchOperator: "),
        (json!({"action": "Accept", "cidr": "10.0.0.0", "matchOperator": "In"}), "cidr: "),
        (
            json!({"action": "Accept", "cidr": "fd00::/8", "matchOperator": "In"}),
            "cidr: fd00::/8 is not of IPv4",
        ),
        (json!({"action": "Accept", "prefixLength": {"min": 1}}), "prefixLength: "),
        (prefix(json!({"min": 33})), "prefixLength.min: 33 is more than 32"),
        (prefix(json!({"max": 33})), "prefixLength.max: "),
        (prefix(json!({"max": 129})), "prefixLength.max: invalid value"),
        (prefix(json!({"min": 24, "max": 20})), "prefixLength: no prefix"),
        (prefix(json!({"max": 15})), "prefixLength: no prefix"),
        (json!({"action": "Accept", "source": "Local"}), "source: "),
        (json!({"action": "Accept", "interface": "eth0; accept"}), "interface: "),
        (json!({"action": "Accept", "peerType": "ebgp"}), "peerType: "),
        (json!({"action": "Accept", "communities": {}}), "communities.values: "),
        (json!({"action": "Accept", "communities": {"values": ["1:2", "1:3"]}}), "communities.values: "),
        (json!({"action": "Accept", "communities": {"values": ["1:2", ""]}}), "communities.values: "),
        (json!({"action": "Accept", "communities": {"values": ["x"]}}), "communities.values[0]: "),
        (json!({"action": "Accept", "asPathPrefix": ["x"]}), "asPathPrefix[0]: "),
        (json!({"action": "Accept", "priority": 2_147_483_648_u64}), "priority: invalid value"),
        (json!({"action": "Reject", "operations": [{"setPriority": {"value": 1}}]}), "operations: "),
        (
            json!({"action": "Accept", "operations": vec![json!({"setPriority": {"value": 1}}); 11]}),
            "operations: ",
        ),
        (operation(json!({})), "operations[0]: it has to be exactly one"),
        (
            operation(json!({"setPriority": {"value": 1}, "addCommunity": {"value": "1:2"}})),
            "operations[0]: it has to be exactly one",
        ),
        (operation(json!({"setPriority": {}})), "operations[0].setPriority.value: "),
        (operation(json!({"setPriority": {"value": -1}})), "operations[0].setPriority.value: "),
        (operation(json!({"addCommunity": {}})), "operations[0].addCommunity.value: "),
        (operation(json!({"addCommunity": {"value": "1:99999"}})), "operations[0].addCommunity.value: "),
        (operation(json!({"prependASPath": {"prefix": []}})), "operations[0].prependASPath.prefix: "),
        (operation(json!({"prependASPath": {"prefix": [1, 0]}})), "operations[0].prependASPath.prefix: "),
        (operation(json!({"prependASPath": {"prefix": ["x"]}})), "operations[0].prependASPath.prefix[0]: "),
        (json!(["Accept"]), " invalid type"),
    ] {
        let start = format!("spec.importV4[1].{error}").replace(". invalid", ": invalid");
        are_refused(Kind::BgpFilter, &[(json!({"importV4": [{"action": "Reject"}, value]}), &start)]);
    }
    let of_v4 = json!({"importV6": [{"action": "Accept", "cidr": "10.0.0.0/8", "matchOperator": "In"}]});
    are_refused(Kind::BgpFilter, &[(of_v4, "spec.importV6[0].cidr: 10.0.0.0/8 is not of IPv6")]);
    are_refused(Kind::BgpFilter, &[(json!({"exportV4": {}}), "spec.exportV4: invalid type")]);
}

#[test]
fn ten_operations_are_as_many_as_there_may_be() {
    let found =
        rule(json!({"action": "Accept", "operations": vec![json!({"setPriority": {"value": 1}}); 10]}));
    assert_eq!(found.operations.len(), 10);
}
