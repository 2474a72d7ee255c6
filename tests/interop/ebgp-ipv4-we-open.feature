# An eBGP session over IPv4 that godwit opens; a route each way, announced and withdrawn.
let passive=peer
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ via @theirs@ & BGP.as_path: 65002
bird2,bird16: peer has @ournet@ BGP.as_path: 65001 & via @ours@
frr: peer has @ournet@ "string":"65001" & "ip":"@ours@"
gobgp: peer has @ournet@ "nexthop":"@ours@" & "asns":[65001]
openbgpd: peer has @ournet@ "aspath": "65001" & "exit_nexthop": "@ours@"
exabgp: peer has @ournet@ "as-path": [ 65001 ] & @ours@
godwit do disable own
peer lost @ournet@
godwit do enable own
peer has @ournet@
bird2,bird16: peer do disable own
frr: peer do configure terminal; router bgp 65002; address-family @over@ unicast; no network @theirnet@
gobgp: peer do global rib del @theirnet@ -a @over@
openbgpd: peer do network delete @theirnet@
bird2,bird16,frr,gobgp,openbgpd: godwit lost @theirnet@
stays
