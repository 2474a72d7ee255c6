# Large communities (RFC 8092), each way.
[godwit route]
bgp_large_community.add((65001,1,4000000001));
[bird2 route]
bgp_large_community.add((65002,2,4000000002));
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_large_community.add((65002,2,4000000002)); accept; };
[frr top]
route-map mark permit 10
 set large-community 65002:2:4000000002
[frr network]
route-map mark
[gobgp route]
large-community 65002:2:4000000002
[openbgpd network]
set large-community 65002:2:4000000002
[exabgp route]
large-community [ 65002:2:4000000002 ]
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.large_community: (65002, 2, 4000000002)
bird2,bird16: peer has @ournet@ (65001, 1, 4000000001)
frr,openbgpd: peer has @ournet@ 65001:1:4000000001
gobgp: peer has @ournet@ "ASN":65001,"LocalData1":1,"LocalData2":4000000001
exabgp: peer has @ournet@ [ 65001, 1 , 4000000001 ]
