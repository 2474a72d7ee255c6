//! OTC (RFC 9234 §5): what comes from above or beside goes only down.

mod common;

use common::peer::told;
use common::update::{A, attribute, body, flat, good, session, step};
use common::{LOCAL_AS, bgp, external, path, path_with, to_external};
use godwit_rib::{Batches, BgpExport, BgpImport, ExportPolicy, Refused, export_check};
use godwit_wire::Role;

const ROLES: [Role; 5] = [Role::Provider, Role::RsServer, Role::RsClient, Role::Customer, Role::Peer];

/// What becomes of a route from AS 65001 with this OTC: the OTC it has then, if it is taken.
fn taken(role: Option<Role>, otc: Option<u32>) -> Option<Option<u32>> {
    let mut attributes = good();
    if let Some(otc) = otc {
        attributes.extend(attribute(0xc0, 35, &otc.to_be_bytes()));
    }
    let mut batches = Batches::default();
    let mut step = step(BgpImport { role, ..session() }, ExportPolicy::All);
    let summary = step.update(&body(&[], &attributes, &A), &common::Link, &mut batches).unwrap();
    let route = flat(&batches.ipv4).remove(0).1;
    assert_eq!(route.is_none(), !summary.remarks.is_empty(), "a leak is told of");
    route.map(|route| route.bgp.only_to_customer())
}

#[test]
fn on_the_way_in() {
    assert_eq!(taken(None, None), Some(None));
    assert_eq!(taken(None, Some(9)), Some(Some(9)), "without a role it is carried on");
    for below in [Role::Provider, Role::RsServer] {
        assert_eq!(taken(Some(below), None), Some(None), "{below}");
        assert_eq!(taken(Some(below), Some(65001)), None, "{below}: a leak");
    }
    for above in [Role::Customer, Role::RsClient] {
        assert_eq!(taken(Some(above), None), Some(Some(65001)), "{above}");
        assert_eq!(taken(Some(above), Some(9)), Some(Some(9)), "{above}: whoever set it first");
    }
    assert_eq!(taken(Some(Role::Peer), None), Some(Some(65001)));
    assert_eq!(taken(Some(Role::Peer), Some(65001)), Some(Some(65001)));
    assert_eq!(taken(Some(Role::Peer), Some(9)), None, "a leak of the peer's");
}

#[test]
fn on_the_way_out() {
    let marked = path_with(|p| p.bgp.rare_mut().only_to_customer = Some(9));
    for role in ROLES {
        let to = BgpExport { role: Some(role), ..to_external(2) };
        let downwards = matches!(role, Role::Provider | Role::RsServer);
        let verdict = export_check(&marked, &bgp(external(1)), &to);
        assert_eq!(verdict, if downwards { Ok(()) } else { Err(Refused::OnlyToCustomer) }, "{role}");
        let sent = told(bgp(external(1)), &marked, to.clone(), ExportPolicy::All);
        assert_eq!(
            sent.map(|s| s.only_to_customer()),
            downwards.then_some(Some(9)),
            "{role}: it stays as it is"
        );
        let set = (downwards || role == Role::Peer).then_some(LOCAL_AS);
        let sent = told(bgp(external(1)), &path(), to, ExportPolicy::All).unwrap();
        assert_eq!(sent.only_to_customer(), set, "{role}");
    }
    let sent = told(bgp(external(1)), &marked, to_external(2), ExportPolicy::All).unwrap();
    assert_eq!(sent.only_to_customer(), Some(9), "without a role it is carried on");
    let member = BgpExport { public_as: 100, role: Some(Role::Provider), ..to_external(2) };
    let sent = told(bgp(external(1)), &path(), member, ExportPolicy::All).unwrap();
    assert_eq!(sent.only_to_customer(), Some(100), "a confederation is one AS to those outside");
}
