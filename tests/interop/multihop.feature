# eBGP multihop, over one link here (lab_ttl_security_over_a_router has a router in between): godwit announces its own address as next hop.
[godwit session]
multihop 4;
[bird2,bird16 session]
multihop 4;
[frr neighbor]
 neighbor @ours@ ebgp-multihop 4
 neighbor @ours@ disable-connected-check
[gobgp neighbor]
[neighbors.ebgp-multihop.config]
enabled = true
multihop-ttl = 4
[openbgpd neighbor]
multihop 4
[exabgp neighbor]
outgoing-ttl 4;
[steps]
up
godwit has @theirnet@
peer has @ournet@
frr: peer shows "externalBgpNbrMaxHopsAway":4
openbgpd: peer shows Multihop
